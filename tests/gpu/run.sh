#!/usr/bin/env bash
# The kernels and the pipeline on this machine's GPU: build; properties of the kernels; the pipeline's stages against the CPU, recorded graphs against
# none, chunks' times; the kernels' speed against torch eager; diffusers' where it is installed. Under 9 minutes, no network.
#   bash tests/gpu/run.sh [FOLDER]      where to build, default build/gpu
# Needs nvcc, CMake 3.25, ninja, a C++20 compiler, and for the speed half torch 2.11 in the python3 on PATH (TORCH_DIR=FOLDER names
# another folder that holds torch/), and for the pipeline nlohmann/json.hpp on the system (JSON_DIR=FOLDER names another folder). Reports are written to
# FOLDER/*.json; COMPARE=FILE names an earlier chunks.json to compare with. Exit code: 0 all well, 4 no GPU, anything else a failure.
# State: written without a GPU and never run on one; properties_on_device was linked, of the rest only the syntax was checked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:-build/gpu}
limit=520  # seconds for everything
SECONDS=0

die() {
  printf 'error: %s\n%s\n' "$1" "$2" >&2
  exit 1
}
left() {  # seconds a step may still take
  ((limit - SECONDS > 5)) || die "out of time after $SECONDS s" "The limit of $limit s is set in tests/gpu/run.sh."
  echo $((limit - SECONDS))
}

for tool in cmake ninja; do command -v "$tool" >/dev/null || die "$tool is not on PATH" "Install it (pip install $tool will do)."; done
gpus=$(nvidia-smi -L 2>/dev/null || true)
if [[ $gpus != GPU* ]]; then
  echo "skipped: nvidia-smi finds no GPU on this machine"
  exit 4
fi
nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,power.limit --format=csv,noheader

torch_dir=${TORCH_DIR:-$(python3 -c 'import importlib.util, pathlib; s = importlib.util.find_spec("torch"); print(pathlib.Path(s.origin).parent.parent if s else "")' 2>/dev/null || true)}
[ -n "$torch_dir" ] || echo "no torch: the speed half is left out"

mkdir -p "$build"
log=$build/build.log
{
  cmake -G Ninja -S tests/gpu -B "$build" -DCMAKE_CUDA_ARCHITECTURES=native "-DMIRRORME_TORCH_DIR=$torch_dir" ${JSON_DIR:+"-DMIRRORME_JSON_DIR=$JSON_DIR"}
  timeout "$(left)" cmake --build "$build"
} >"$log" 2>&1 || {
  tail -n 40 "$log" >&2
  die "the build failed" "All of it is in $log."
}
echo "built in $SECONDS s"

status=0
part() {  # a program and its arguments
  echo
  timeout "$(left)" "$@" || status=$?
}
part "$build/properties_on_device"
if [ -x "$build/pipeline_speed" ]; then
  compare=()
  [ -z "${COMPARE:-}" ] || compare=(--compare "$COMPARE")
  part "$build/pipeline_speed" --seconds 150 --json "$build/chunks.json" "${compare[@]}"
else
  echo "no pipeline_speed: $(grep -m 1 'pipeline_speed is left out' "$log" || echo 'no torch')"
fi
if [ -x "$build/kernel_speed" ]; then part "$build/kernel_speed"; fi
echo
timeout "$(left)" python3 tests/gpu/peer_diffusers.py --json "$build/diffusers.json" || echo "diffusers was not measured"  # a peer is no condition
echo
echo "done in $SECONDS s"
exit "$status"
