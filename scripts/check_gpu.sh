#!/bin/bash
# Check what needs a GPU, in under five minutes:
#   tests of CUDA, imagest bench diffusion, and a minute of training.
# Without a GPU it says so and ends with 0; with --rehearse the same steps run on the CPU at toy size.
#
#   PYTHON=.venv/bin/python scripts/check_gpu.sh [--rehearse]
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONPATH="$PWD" QT_QPA_PLATFORM=offscreen HF_HUB_OFFLINE=1
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || python=python3
rehearse=
case "${1:-}" in
    "") ;;
    --rehearse) rehearse=1 ;;
    *) echo "usage: scripts/check_gpu.sh [--rehearse]" >&2; exit 2 ;;
esac

if "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    device=cuda size=full steps=20 side=512 minutes=1
    "$python" -c 'import torch; print("GPU:", torch.cuda.get_device_name(), "torch", torch.__version__)'
elif [ -n "$rehearse" ]; then
    echo "There is no CUDA device; rehearsing on the CPU."
    device=cpu size=small steps=2 side=128 minutes=0.2
    export IMAGEST_REHEARSE_GPU=1 OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
else
    echo "There is no CUDA device; nothing to check. Use --rehearse to run the steps on the CPU."
    exit 0
fi

failed=
step() {
    local name=$1 limit=$2 started=$SECONDS
    shift 2
    echo "== $name"
    timeout "$limit" "$@"
    local code=$?
    [ $code -eq 0 ] || failed="$failed $name"
    echo "== $name: exit code $code after $((SECONDS - started)) s"
}

step tests 150 "$python" -m pytest -q -n 0 -p no:cacheprovider tests/gpu tests/app/test_restoration_on_gpu.py
step bench 90 "$python" -m imagest_core bench diffusion --device "$device" --size "$size" --steps "$steps"

if "$python" -m imagest_core train style --help >/dev/null 2>&1; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    step pictures 60 "$python" -m scripts.make_training_check "$work" "$size"
    step training 150 "$python" -m imagest_core train style "$work/pictures" -o "$work/run" \
        --base "$work/model" --side "$side" --minutes "$minutes" --held-out 2 --device "$device"
else
    echo "== training: imagest train style doesn't exist; left out"
fi

if [ -n "$failed" ]; then
    echo "Failed:$failed" >&2
    exit 1
fi
echo "All steps passed in $SECONDS s."
