@echo off
rem Installs Imagest Workstation for this user; with --repair or --uninstall repairs or removes it.
rem This script was never run on Windows by its authors.
setlocal
set PYTHONHOME=
set PYTHONPATH=
for %%V in (3.13 3.12 3.11) do (
  py -%%V -c "import sys" >nul 2>&1 && (
    py -%%V -E -s -B "%~dp0launcher" --payload "%~dp0." %*
    goto entries
  )
)
python -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))" >nul 2>&1
if errorlevel 1 (
  echo Imagest Workstation needs Python 3.11, 3.12 or 3.13; install one from python.org and start again.
  set "CODE=2"
  goto end
)
python -E -s -B "%~dp0launcher" --payload "%~dp0." %*
:entries
set "CODE=%errorlevel%"
if not "%CODE%"=="0" goto end
powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0entries.ps1" -Folder "%~dp0."
set "CODE=%errorlevel%"
:end
rem Started by a double click, the window would close before anybody can read it.
if "%~1"=="" pause
exit /b %CODE%
