# Adds a start menu entry and the file type .imagest for this user. Never run on Windows by its authors.
param([string]$Folder)
$root = if ($env:IMAGEST_INSTALLATION) { $env:IMAGEST_INSTALLATION } else { Join-Path $env:LOCALAPPDATA 'imagest-workstation' }
$starter = Join-Path $root 'imagest.cmd'
Copy-Item (Join-Path $Folder 'imagest.cmd') $starter -Force
$menu = [Environment]::GetFolderPath('Programs')
$shortcut = (New-Object -ComObject WScript.Shell).CreateShortcut((Join-Path $menu 'Imagest Workstation.lnk'))
$shortcut.TargetPath = $starter
$shortcut.WindowStyle = 7
$shortcut.Save()
$classes = 'HKCU:\Software\Classes'
New-Item -Path "$classes\.imagest" -Force | Set-ItemProperty -Name '(default)' -Value 'Imagest.Project'
New-Item -Path "$classes\Imagest.Project\shell\open\command" -Force |
  Set-ItemProperty -Name '(default)' -Value ('"' + $starter + '" "%1"')
