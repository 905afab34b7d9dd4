@echo off
rem Starts Imagest Workstation. This script was never run on Windows by its authors.
setlocal
set PYTHONHOME=
set PYTHONPATH=
set "ROOT=%LOCALAPPDATA%\imagest-workstation"
if defined IMAGEST_INSTALLATION set "ROOT=%IMAGEST_INSTALLATION%"
set "NAME="
if exist "%ROOT%\current" for /f "usebackq skip=1 delims=" %%N in ("%ROOT%\current") do set "NAME=%%N"
if not defined NAME (
  echo Imagest Workstation is not installed yet; run install.cmd.
  exit /b 2
)
if not exist "%ROOT%\environments\%NAME%\venv\Scripts\imagest.exe" (
  echo Imagest Workstation is damaged; run: install.cmd --repair
  exit /b 2
)
"%ROOT%\environments\%NAME%\venv\Scripts\imagest.exe" %*
exit /b %errorlevel%
