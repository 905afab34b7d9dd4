#!/bin/sh
# Installs Imagest Workstation for this user; with --repair or --uninstall repairs or removes it.
# This script was never run on macOS by its authors.
set -e
unset PYTHONHOME PYTHONPATH
here=$(cd "$(dirname "$0")" && pwd -P)
suitable='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
for python in python3 python3.13 python3.12 python3.11; do
  if command -v "$python" >/dev/null 2>&1 && "$python" -c "$suitable" 2>/dev/null; then
    "$python" -E -s -B "$here/launcher" --payload "$here" "$@"
    exec sh "$here/entries.sh" "$here"
  fi
done
echo 'Imagest Workstation needs Python 3.11, 3.12 or 3.13; install one from python.org and start again.' >&2
exit 2
