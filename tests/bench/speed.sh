#!/usr/bin/env bash
# The speed figures of RESULTS.md: the whole chain on one thread, as this processor can, as an older one would (AVX2), and with every
# other core busy.
#   bash tests/bench/speed.sh [SECONDS]      seconds of video a run, default 30
# Needs build/release/bin/mirrorme (bash cmake/demo.sh). Machines are noisy: compare figures of one run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mirrorme=$root/build/release/bin/mirrorme
seconds=${1:-30}
[ -x "$mirrorme" ] || { echo "error: $mirrorme is not there; run bash cmake/demo.sh first" >&2; exit 1; }
export OMP_NUM_THREADS=1

run() {  # TITLE [VARIABLE=VALUE...]
  printf '\n== %s\n' "$1"
  shift
  env "$@" taskset -c 0 "$mirrorme" bench --seconds "$seconds"
}

grep -m 1 'model name' /proc/cpuinfo
run "this processor"
run "as an AVX2 processor" ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2

busy=()
trap 'kill "${busy[@]}" 2>/dev/null' EXIT
for ((core = 1; core < $(nproc); ++core)); do
  taskset -c "$core" sh -c 'while :; do :; done' &
  busy+=($!)
done
run "this processor, its other cores busy"
