#!/bin/bash
# Installs an offline archive as an ordinary user without a network, and prints what happened.
#   installer/test_install.sh ARCHIVE.tar [NEWER.tar]
# Steps: a kill in the middle, repair, use, upgrade, damage and repair, uninstall. The home folder and the archive's
# folder have spaces and umlauts. As root it makes a user and removes it afterwards; without root it uses `unshare -rn`.
# Without NEWER the upgrade is to the same files under another id.
set -u
archive=$(readlink -f "${1:?say which offline archive}")
newer=${2:+$(readlink -f "$2")}
failed=0
user=imagesttest
work=$(mktemp -d "${TMPDIR:-/tmp}/Prüfung imagest XXXXXX")
home="$work/Jörg Müller"
mkdir "$home"
if [ "$(id -u)" = 0 ]; then
  useradd --no-create-home --home-dir "$home" --shell /bin/sh "$user" || exit 1
  chown -R "$user" "$work"
  trap 'userdel "$user"; rm -rf "$work"' EXIT
  isolated=(unshare -n -- runuser -u "$user" --)
else
  trap 'rm -rf "$work"' EXIT
  isolated=(unshare -rn --)
fi
clean=(env -i "HOME=$home" "PATH=$home/.local/bin:/usr/local/bin:/usr/bin:/bin" LANG=C.UTF-8 QT_QPA_PLATFORM=offscreen)

as_user() { (cd "$home" && "${isolated[@]}" "${clean[@]}" "$@"); }
check() { # check NAME COMMAND...: runs it and prints ok or FAILED, with the seconds it took
  local name=$1 start end
  shift
  start=$(date +%s.%N)
  if "$@" >"$work/output" 2>&1; then result=ok; else result=FAILED; failed=$((failed + 1)); fi
  end=$(date +%s.%N)
  printf '%-6s %6.1f s  %s\n' "$result" "$(echo "$end - $start" | bc)" "$name"
  if [ "$result" = FAILED ]; then sed 's/^/         /' "$work/output"; fi
}
refuses() { ! "$@"; }
says() { # says TEXT COMMAND...
  local text=$1
  shift
  "$@" 2>&1 | tee "$work/said" | grep -q -- "$text" || { cat "$work/said"; return 1; }
}
unpack() { as_user mkdir -p "$2" && as_user tar xf - -C "$2" <"$1"; }
kill_in_the_middle() { # as soon as 200 MB of packages are unpacked
  as_user setsid sh -c 'echo $$ >"$HOME/group"; exec "$0" --yes' "$first/install.sh" >/dev/null 2>&1 &
  for _ in $(seq 600); do
    [ "$(du -sm "$root/cache" 2>/dev/null | cut -f1)" -gt 200 ] 2>/dev/null && break
    sleep 0.05
  done
  kill -KILL -- "-$(cat "$home/group")" || return 1
  wait
  rm "$home/group"
  [ ! -e "$root/current" ]
}
change_id() { # the same files as another version
  as_user sed -i 's/^./f/' "$second/id"
  as_user sed -i 's/"id": "./"id": "f/' "$second/manifest.json"
}
kept() { [ "$(cat "$settings")$(cat "$model")" = minemine ]; }

root="$home/.local/share/imagest-workstation"
settings="$home/.config/Imagest/Workstation.ini"
model="$home/.local/share/imagest/models/mine/note.txt"
id -un | xargs echo "run by:"
as_user id | sed 's/^/installed by: /'
check "no network" refuses as_user python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80), 2)'
check "unpack" unpack "$archive" "$home/Lädt herunter (neu)"
first=$(echo "$home/Lädt herunter (neu)"/*/)
first=${first%/}
check "nothing begins unasked" refuses as_user "$first/install.sh"
as_user "$first/install.sh" </dev/null 2>&1 | head -3 | sed 's/^/         /'
check "kill in the middle" kill_in_the_middle
check "marked incomplete" says incomplete as_user "$first/imagest-launcher" --status
check "imagest is refused meanwhile" refuses as_user "$first/imagest" --version
check "repair completes it" as_user "$first/imagest-launcher" --repair --yes
check "imagest is on the PATH" says "imagest " as_user imagest --version
sample=$(find "$root/environments" -path '*/resources/sample/damaged.tif')
mask=$(find "$root/environments" -path '*/resources/sample/mask.png')
check "imagest info" as_user env PYTHONHOME=/nowhere PYTHONPATH=/nowhere imagest info "$sample"
check "imagest demo" as_user env PYTHONHOME=/nowhere PYTHONPATH=/nowhere imagest demo
check "imagest restore" as_user imagest restore "$sample" --mask "$mask" -o "$home/Größe mit Lücke.tif"
printf '         on disk after use: %s MB environment and cache, %s MB launcher\n' \
  "$(du -scm "$root/environments" "$root/cache" | tail -1 | cut -f1)" "$(du -sm "$root/programs" | cut -f1)"
as_user mkdir -p "$(dirname "$settings")" "$(dirname "$model")"
as_user sh -c 'printf mine >"$1"; printf mine >"$2"' sh "$settings" "$model"
check "unpack the newer archive" unpack "${newer:-$archive}" "$home/Neuere Fassung"
second=$(echo "$home/Neuere Fassung"/*/)
second=${second%/}
[ -n "$newer" ] || change_id
check "upgrade" as_user "$second/install.sh" --yes
check "one environment is left" test "$(find "$root/environments" -mindepth 1 -maxdepth 1 | wc -l)" = 1
check "settings and models are kept" kept
check "imagest after the upgrade" says "imagest " as_user imagest --version
library=$(find "$root/environments" -path '*/site-packages/numpy/__init__.py')
as_user sh -c 'echo damaged >"$1"' sh "$library"
check "repair finds a damaged file" says "1 damaged files were replaced" as_user imagest-launcher --repair --yes
check "imagest after the repair" as_user imagest info "$(find "$root/environments" -path '*/sample/damaged.tif')"
check "uninstall" as_user imagest-launcher --uninstall --yes
check "nothing is left" test ! -e "$root" -a ! -e "$home/.local/bin/imagest" -a ! -e "$home/.local/share/uv" -a ! -e "$home/.cache/uv"
check "settings and models are kept" kept
echo "$failed failed"
[ "$failed" = 0 ]
