#!/bin/sh
# Installs Imagest Workstation for this user. Options: imagest-launcher --help
exec "$(dirname "$(readlink -f "$0")")/imagest-launcher" "$@"
