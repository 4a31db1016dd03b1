#!/usr/bin/env bash
# All that only a card can show, in one run: heads drawn; engines built, verified and timed; capacity; profile.
#
#   pip install 'elocute[train,tensorrt-rtx]'   # or [tensorrt]; and pytest, hypothesis for the tests
#   deploy/gpu_checks.sh OUT [SESSIONS]         # most sessions in a call, 1024 by default
#
# Leaves in OUT: engines, parity.json, hop-*.txt, capacity.json, capacity.svg, profile/, log.txt.
set -u
out=${1:?where to}
sessions=${2:-1024}
mkdir -p "$out"
exec > >(tee "$out/log.txt") 2>&1
failed=0

step() {
    echo "== $*"
    local began=$SECONDS
    "$@" || { echo "== FAILED ($?): $*"; failed=1; }
    echo "== $((SECONDS - began)) s"
}

timed() { # backend, precision
    local arguments=(--backend "$1" --precision "$2" --hops 200 --batch 1 16 64 256 1024)
    [ "$1" = tensorrt ] && arguments+=(--engines "$out/engines")
    python -m trt_build.bench --profile balanced "${arguments[@]}" | tee "$out/hop-$1-$2.txt"
}

nvidia-smi
step elocute doctor
step python -m stream_engine.render.bench
for batch in 1 16 64; do
    step python -m stream_engine.render.bench --batch "$batch" --frames 1280
done
step python -m pytest -q -m gpu tests -p no:cacheprovider
for precision in fp16 bf16; do
    step elocute build --out "$out/engines" --profile balanced --steps 1 \
        --precision "$precision" --sessions "$sessions"
    step timed tensorrt "$precision"
done
step timed torch fp32
printf '[motion]\nengines = "%s"\n' "$out/engines" >"$out/elocute.toml"
step elocute bench --config "$out/elocute.toml" --seconds 5 --json "$out/capacity.json" \
    --picture "$out/capacity.svg"
step elocute profile --motion-only --config "$out/elocute.toml" --out "$out/profile"
exit "$failed"
