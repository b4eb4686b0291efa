#!/usr/bin/env bash
# The kernels and the pipeline on this machine's GPU: build; properties of the kernels; the pipeline's stages against the CPU, recorded graphs against
# none, chunks' times; the kernels' speed against torch eager; diffusers' where it is installed. Under 9 minutes, no network.
#   bash tests/gpu/run.sh [FOLDER]      where to build, default build/gpu
# Needs nvcc, CMake 3.25, ninja, a C++20 compiler, and for the speed half torch 2.11 in the python3 on PATH (TORCH_DIR=FOLDER names
# another folder that holds torch/), and for the pipeline nlohmann/json.hpp: in tests/gpu/headers (tests/gpu/pack.sh makes an archive that has it), on the
# system, or in JSON_DIR=FOLDER. Reports are written to FOLDER/*.json; COMPARE=FILE names an earlier chunks.json to compare with.
# DEVICE=cpu tries all of it on a small model where there is no GPU, without saying anything about speed. Exit code: 0 all well, 4 no GPU, anything else a failure.
# State: written without a GPU and never run on one.
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
device=${DEVICE:-cuda}
architectures=native
if [ "$device" = cpu ]; then
  limit=7200  # the compiler may be alone on a small machine
  architectures=90
else
  gpus=$(nvidia-smi -L 2>/dev/null || true)
  if [[ $gpus != GPU* ]]; then
    echo "skipped: nvidia-smi finds no GPU on this machine"
    exit 4
  fi
  nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,power.limit --format=csv,noheader
fi
json_dir=${JSON_DIR:-}
if [ -z "$json_dir" ] && [ -f tests/gpu/headers/nlohmann/json.hpp ]; then json_dir=$PWD/tests/gpu/headers; fi

torch_dir=${TORCH_DIR:-$(python3 -c 'import importlib.util, pathlib; s = importlib.util.find_spec("torch"); print(pathlib.Path(s.origin).parent.parent if s else "")' 2>/dev/null || true)}
[ -n "$torch_dir" ] || echo "no torch: the speed half is left out"

mkdir -p "$build"
log=$build/build.log
{
  cmake -G Ninja -S tests/gpu -B "$build" "-DCMAKE_CUDA_ARCHITECTURES=$architectures" "-DMIRRORME_TORCH_DIR=$torch_dir" ${json_dir:+"-DMIRRORME_JSON_DIR=$json_dir"}
  timeout "$(left)" cmake --build "$build"
} >"$log" 2>&1 || {
  tail -n 40 "$log" >&2
  die "the build failed" "All of it is in $log."
}
echo "built in $SECONDS s"

status=0
part() {  # a program and its arguments
  echo
  local result=0
  timeout "$(left)" "$@" || result=$?
  if [ "$result" = 4 ] && [ "$device" = cpu ]; then result=0; fi  # it wants a GPU and says so
  if [ "$result" != 0 ]; then status=$result; fi
}
part "$build/properties_on_device"
if [ -x "$build/pipeline_speed" ]; then
  compare=()
  [ -z "${COMPARE:-}" ] || compare=(--compare "$COMPARE")
  size=(--seconds 200)
  [ "$device" != cpu ] || size=(--model small --rounds 2 --paced 2)
  part "$build/pipeline_speed" --device "$device" "${size[@]}" --json "$build/chunks.json" "${compare[@]}"
else
  echo "no pipeline_speed: $(grep -m 1 'pipeline_speed is left out' "$log" || echo 'no torch')"
fi
if [ -x "$build/kernel_speed" ] && [ "$device" != cpu ]; then part "$build/kernel_speed"; fi
echo
[ "$device" = cpu ] || timeout "$(left)" python3 tests/gpu/peer_diffusers.py --json "$build/diffusers.json" || echo "diffusers was not measured"  # a peer is no condition
echo
echo "done in $SECONDS s"
exit "$status"
