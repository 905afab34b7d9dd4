#!/bin/sh
# Makes an application bundle for this user, with the file type .imagest. Never run on macOS by its authors.
set -e
bundle="$HOME/Applications/Imagest Workstation.app"
rm -rf "$bundle"
mkdir -p "$bundle/Contents/MacOS"
cp "$1/imagest" "$bundle/Contents/MacOS/imagest"
cp "$1/Info.plist" "$bundle/Contents/Info.plist"
