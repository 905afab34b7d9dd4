#!/bin/bash
# Check a batch on a Ray cluster of two simulated machines on this computer, in about six minutes:
#   the results are the bytes of one process; a machine that is lost in the middle loses nothing and repeats nothing.
# A simulated machine is a network namespace with its own address (a veth pair between the two), its own process
# numbers, host name, home folder and folder of Ray. What two machines do not share here: processes and network. What they share:
# the clock, the disk (so nothing is learnt about NFS or SMB), and the processor.
#
#   sudo PYTHON=.venv/bin/python scripts/check_cluster.sh [SCANS [SIDE [OPTION OF imagest batch…]]]
#   MEASURE=1 …  measures the time of one process, one machine and two machines instead of losing one
set -u
cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || python=python3
python=$(command -v "$python")
case "$python" in /*) ;; *) python=$PWD/$python ;; esac
scans=${1:-12} side=${2:-1000}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- --engine harmonic
options=("$@")
export PYTHONPATH="$PWD" OMP_NUM_THREADS=1 RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token QT_QPA_PLATFORM=offscreen
first=imagest-$$-a second=imagest-$$-b head=10.213.77.1 other=10.213.77.2 port=6379

skip() { echo "$1; nothing was checked."; exit 0; }
[ "$(id -u)" = 0 ] || skip "Two network namespaces need root"
command -v ip unshare nsenter >/dev/null || skip "ip, unshare and nsenter (packages iproute2 and util-linux) are needed"
"$python" -c 'import sys; from importlib.util import find_spec; sys.exit(not find_spec("ray"))' 2>/dev/null || skip "Ray (the extra cluster) is not installed"
ip netns add "$first" 2>/dev/null || skip "Network namespaces are not allowed here"
work=$(mktemp -d /tmp/imagest-cluster-XXXXXX)
failed=0
mkdir -p "$work/home-$first/.ray" "$work/home-$second/.ray"
"$python" -c 'import secrets; print(secrets.token_hex(32), end="")' >"$work/home-$first/.ray/auth_token"
cp "$work/home-$first/.ray/auth_token" "$work/home-$second/.ray" # as docs/batch.md says

clean_up() {
  switch_off "$first"
  switch_off "$second"
  ip netns del "$first" 2>/dev/null
  ip netns del "$second" 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

connect() { # two machines with a cable between them
  ip netns add "$second" 2>/dev/null
  ip link add veth0 netns "$first" type veth peer name veth0 netns "$second" 2>/dev/null || skip "A veth pair can't be made here"
  local name address
  for name in "$first" "$second"; do
    address=$head
    [ "$name" = "$first" ] || address=$other
    ip -n "$name" link set lo up
    ip -n "$name" addr add "$address/24" dev veth0
    ip -n "$name" link set veth0 up
  done
}
switch_on() { # switch_on NAME RAY-OPTIONS…: starts a machine and Ray on it
  local name=$1
  shift
  ip netns exec "$name" unshare --pid --fork --mount-proc --uts --kill-child=KILL sh -c \
    'hostname "$1"; export HOME="$2"; shift 2; exec "$@"' sh "$name" "$work/home-$name" "$python" -m ray.scripts.scripts start --block --num-cpus 1 --num-gpus 0 \
    --disable-usage-stats "$@" >"$work/$name.log" 2>&1 &
  echo $! >"$work/$name.pid"
}
first_process() { pgrep -P "$(cat "$work/$1.pid")" | head -1; }
on() { # on NAME COMMAND…: runs a command on a machine
  local name=$1
  shift
  nsenter --target "$(first_process "$name")" --net --pid --uts --mount --wd="$PWD" env HOME="$work/home-$name" "$@"
}
switch_off() { # as by a power cut: no process of it does anything any more
  [ -r "$work/$1.pid" ] || return 0
  kill -KILL "$(cat "$work/$1.pid")" 2>/dev/null
  wait "$(cat "$work/$1.pid")" 2>/dev/null
  rm -f "$work/$1.pid"
}
cut_cable() { ip -n "$1" link set veth0 down; }
started() { # started NAME: waits until Ray runs on a machine; fails if Ray gave up
  for _ in $(seq 180); do
    grep -q 'Ray runtime started' "$work/$1.log" && return 0
    kill -0 "$(cat "$work/$1.pid")" 2>/dev/null || return 1
    sleep 0.5
  done
  return 1
}
boot() { # boot NAME RAY-OPTIONS…: three attempts, because Ray gives itself 30 s, too little on a busy computer
  for _ in 1 2 3; do
    switch_on "$@"
    started "$1" && return
    switch_off "$1"
  done
  echo "Ray did not start on $1; its answer:"
  tail -n 5 "$work/$1.log"
  exit 1
}
start_cluster() { # start_cluster N
  connect
  boot "$first" --head --node-ip-address "$head" --port "$port" --include-dashboard false --temp-dir "$work/ray-a"
  [ "$1" = 1 ] && return
  boot "$second" --address "$head:$port" --node-ip-address "$other" --temp-dir "$work/ray-b"
}
stop_cluster() {
  switch_off "$second"
  switch_off "$first"
  ip netns del "$second" 2>/dev/null
  ip netns del "$first"
  ip netns add "$first"
}
batch() { # batch OUT OPTION…
  local out=$1
  shift
  "$python" -m imagest_core batch "$work/scans" -o "$work/$out" "${options[@]}" "$@" >"$work/$out.txt" 2>&1
}
batch_on_cluster() { # batch_on_cluster OUT
  on "$first" "$python" -m imagest_core batch "$work/scans" -o "$work/$1" "${options[@]}" --ray "$head:$port" --cores 1 \
    >"$work/$1.txt" 2>&1
}
check() { # check NAME COMMAND…
  local name=$1 end
  shift
  if "$@"; then end=ok; else end=FAILED failed=$((failed + 1)); fi
  printf '%-6s  %s\n' "$end" "$name"
}
count() { find "$work/$1/.imagest-batch/$2" -type f -name '[0-9]*' 2>/dev/null | wc -l; }
marks() { # size, time and inode of the results that are done
  (cd "$work/$1" && for file in .imagest-batch/done/*; do
    "$python" -c 'import json, os, sys
job = json.load(open(sys.argv[1])); file = os.stat(job["name"]); print(job["name"], file.st_mtime_ns, file.st_ino)' "$file"
  done)
}
same_bytes() { # same_bytes OUT: pictures and records of all paintings are those of one process
  local file
  [ "$(find "$work/$1" -name '*.tif' | wc -l)" = "$scans" ] || return 1
  for file in "$work/alone"/*.tif; do cmp -s "$file" "$work/$1/${file##*/}" || return 1; done
}
unchanged() { ! grep -vxFf "$work/marks-after" "$work/marks-before"; }
no_leftovers() { [ -z "$(find "$work/$1" -name '.*' -not -name .imagest-batch -not -name '.' -type f | grep -v '/\.imagest-batch/')" ]; }
hosts() { tail -n +2 "$work/$1/.imagest-batch/summary.csv" | cut -d, -f9 | sort -u | wc -l; }
seconds() { # seconds OUT: from the first claim to the last end, as the disk's clock saw it
  "$python" - "$work/$1" <<'EOF'
import json, pathlib, sys
jobs = [(path.stat().st_mtime, json.loads(path.read_text())) for path in pathlib.Path(sys.argv[1], ".imagest-batch/done").iterdir()]
first = min(end - sum(job["outcome"]["seconds"].values()) for end, job in jobs)
print(f"{max(end for end, _ in jobs) - first:.2f}")
EOF
}

lose_a_machine() {
  start_cluster 2
  batch_on_cluster lost &
  local waiting=$! started=$SECONDS
  until [ "$(count lost done)" -ge 3 ] && ls "$work/lost/.imagest-batch/running" | grep -q "@$second"; do
    kill -0 "$waiting" 2>/dev/null || break
    sleep 0.05
  done
  cut_cable "$second"
  switch_off "$second"
  marks lost >"$work/marks-before"
  echo "$second is lost after $(wc -l <"$work/marks-before") paintings, while it held:" \
    "$(ls "$work/lost/.imagest-batch/running" | grep -c "@$second")"
  wait "$waiting"
  check "the batch ends with 0" [ $? = 0 ]
  marks lost >"$work/marks-after"
  check "nothing is lost: $(count lost done) of $scans paintings are done" [ "$(count lost done)" = "$scans" ]
  check "nothing is running or waiting" [ "$(count lost running)$(count lost waiting)" = 00 ]
  check "nothing is done twice: what was done before has its time and inode" unchanged
  check "the bytes are those of one process" same_bytes lost
  check "no part of a file is left" no_leftovers lost
  echo "seconds from the start to the end: $((SECONDS - started))"
  [ "$failed" = 0 ] || tail -n 20 "$work/lost.txt"
  stop_cluster
}
compare() {
  start_cluster 2
  check "the batch on two machines ends with 0" batch_on_cluster both
  check "both machines worked" [ "$(hosts both)" = 2 ]
  check "the bytes are those of one process" same_bytes both
  grep -E '^(paintings|time)' "$work/both.txt"
  [ "$failed" = 0 ] || tail -n 20 "$work/both.txt"
  stop_cluster
}
measure() { # measure N: a cluster of N machines
  start_cluster "$1"
  local started
  started=$(date +%s.%N)
  batch_on_cluster "on-$1"
  echo "Ray, $1 machines: $(seconds "on-$1") s for the paintings, $(echo "$(date +%s.%N) - $started" | bc) s with the start of the program; same bytes: $(same_bytes "on-$1" && echo yes || echo NO)"
  stop_cluster
}

"$python" -c 'import sys; from pathlib import Path; from scripts.measure_batch import make_scans
make_scans(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))' "$work/scans" "$scans" "$side"
check "one process restores $scans paintings of $side × $side px" batch alone
if [ -n "${MEASURE:-}" ]; then
  echo "one process: $(seconds alone) s for the paintings"
  measure 1
  measure 2
else
  compare
  lose_a_machine
fi
echo "$failed failed"
[ "$failed" = 0 ]
