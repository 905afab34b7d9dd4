#!/bin/sh
# Makes an application bundle for this user, with the file type .imagest; removes it when the program is not installed.
# Never run on macOS by its authors.
set -e
bundle="$HOME/Applications/Imagest Workstation.app"
root=${IMAGEST_INSTALLATION:-$HOME/Library/Application Support/imagest-workstation}
if [ -e "$bundle" ] && ! grep -q org.imagest.workstation "$bundle/Contents/Info.plist" 2>/dev/null; then
  exit 0 # not ours
fi
rm -rf "$bundle"
[ -e "$root/current" ] || exit 0
mkdir -p "$bundle/Contents/MacOS"
cp "$1/imagest" "$bundle/Contents/MacOS/imagest"
cp "$1/Info.plist" "$bundle/Contents/Info.plist"
