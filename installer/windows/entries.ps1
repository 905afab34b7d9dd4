# Adds a start menu entry and the file type .imagest for this user; removes them when the program is not installed.
# Never run on Windows by its authors.
param([string]$Folder)
$ErrorActionPreference = 'Stop'
$root = if ($env:IMAGEST_INSTALLATION) { $env:IMAGEST_INSTALLATION } else { Join-Path $env:LOCALAPPDATA 'imagest-workstation' }
$starter = Join-Path $root 'imagest.cmd'
$command = '"' + $starter + '" "%1"'
$link = Join-Path ([Environment]::GetFolderPath('Programs')) 'Imagest Workstation.lnk'
$type = 'HKCU:\Software\Classes\Imagest.Project'
$ending = 'HKCU:\Software\Classes\.imagest'

if (-not (Test-Path -LiteralPath (Join-Path $root 'current'))) {
  $open = Get-Item -LiteralPath "$type\shell\open\command" -ErrorAction SilentlyContinue
  if ($open -and $open.GetValue('') -eq $command) {
    Remove-Item -LiteralPath $link -ErrorAction SilentlyContinue
    Remove-Item -LiteralPath $type -Recurse -ErrorAction SilentlyContinue
    Remove-Item -LiteralPath $ending -Recurse -ErrorAction SilentlyContinue
  }
  exit 0
}

Copy-Item -LiteralPath (Join-Path $Folder 'imagest.cmd') -Destination $starter -Force
$shortcut = (New-Object -ComObject WScript.Shell).CreateShortcut($link)
$shortcut.TargetPath = $starter
$shortcut.WindowStyle = 7
$shortcut.Save()
New-Item -Path $ending -Force | Set-ItemProperty -Name '(default)' -Value 'Imagest.Project'
New-Item -Path "$type\shell\open\command" -Force | Set-ItemProperty -Name '(default)' -Value $command
