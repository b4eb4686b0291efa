#!/usr/bin/env bash
# Training on a GPU box that has torch 2.11, a C++ compiler, CMake and ninja, and no network.
#   bash cmake/gpu_train.sh pack FOLDER [--speech-minutes N] [--from STAGES...]
#       on a machine with the voices: what the box lacks goes into FOLDER (about 6 MB of Debian packages), with speech
#       (1.1 MB a minute) and, if named, folders of stages that are done, and compact states (named state-STAGE) to go on
#       from. Carry FOLDER over with the tree.
#   bash cmake/gpu_train.sh run FOLDER [--device cuda] [--stages "codec face half_body hands stream"] [--minutes N] [--config FILE]
#       on the box: builds, trains the stages one after the other, N minutes each part, and leaves in $OUT (default
#       build/gpu/out) the bundle, a compact state of every stage and its log, in files of at most 15 MiB.
# The voices are no part of what is carried: their speech is. FFmpeg is not needed: no sample videos are written there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '== %s\n' "$*"; }
die() { printf 'error: %s\n       %s\n' "$1" "${2:-}" >&2; exit 1; }

# Headers and libraries of the build, and Cairo with all that it loads.
packages=(
  nlohmann-json3-dev libspdlog-dev libspdlog1.10 libfmt-dev libfmt9 libcli11-dev pkgconf-bin libpkgconf3
  libcairo2-dev libcairo2 libpixman-1-0 libfontconfig1 libfreetype6 libpng16-16 libxcb1 libxcb-render0 libxcb-shm0
  libx11-6 libxrender1 libxext6 zlib1g libexpat1 libbrotli1 libxau6 libxdmcp6 libbsd0 libmd0
)

find_program() {  # the mirrorme that makes the speech
  local candidate
  for candidate in "$root"/build/release/bin/mirrorme "$root"/build/dev/bin/mirrorme; do
    [ ! -x "$candidate" ] || { echo "$candidate"; return; }
  done
  die "mirrorme is not built here." "Run: bash cmake/demo.sh"
}

pack() {
  local folder=$1 minutes=20 from=()
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --speech-minutes) minutes=${2:?--speech-minutes needs a number}; shift 2 ;;
      --from) shift; while [ $# -gt 0 ] && [[ $1 != --* ]]; do from+=("$(realpath "$1")"); shift; done ;;
      *) die "unknown argument '$1'." "See the top of cmake/gpu_train.sh" ;;
    esac
  done
  mkdir -p "$folder/debs" "$folder/speech" "$folder/stages"
  folder=$(realpath "$folder")
  (cd "$folder/debs" && apt-get -q download "${packages[@]}" >/dev/null)
  "$(find_program)" train data --shards "$folder/speech" --minutes "$minutes"
  local stage
  for stage in ${from[@]+"${from[@]}"}; do cp -r "$stage" "$folder/stages/"; done
  say "packed $(du -sm "$folder" | cut -f1) MB into $folder"
}

# The packages as a tree of their own: nothing of the box is changed.
unpack() {  # FOLDER TREE
  local deb
  mkdir -p "$2"
  for deb in "$1"/debs/*.deb; do
    if command -v dpkg-deb >/dev/null; then
      dpkg-deb -x "$deb" "$2"
    else  # an ar archive with a tar in it
      (cd "$2" && python3 - "$deb" <<'PY'
import io, subprocess, sys, tarfile
data = open(sys.argv[1], "rb").read()
at = 8
while at < len(data):
    name, size = data[at:at + 16].decode().strip().rstrip("/"), int(data[at + 48:at + 58])
    body = data[at + 60:at + 60 + size]
    if name.startswith("data.tar"):
        if name.endswith(".zst"):
            body = subprocess.run(["zstd", "-dc"], input=body, stdout=subprocess.PIPE, check=True).stdout
        tarfile.open(fileobj=io.BytesIO(body)).extractall(".")
    at += 60 + size + size % 2
PY
      )
    fi
  done
  # cairo.pc names packages that only its own build needs.
  mkdir -p "$2/pc"
  printf 'Name: cairo\nDescription: carried along\nVersion: 1.16.0\nCflags: -I%s/usr/include/cairo\nLibs: -L%s/usr/lib/x86_64-linux-gnu -lcairo\n' "$2" "$2" >"$2/pc/cairo.pc"
}

torch_dir() {  # the folder that holds torch/
  if [ -n "${MIRRORME_TORCH_DIR:-}" ]; then
    echo "$MIRRORME_TORCH_DIR"
  else
    python3 -c 'import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("torch").origin).parent.parent)' ||
      die "torch was not found." "Set MIRRORME_TORCH_DIR to the folder that holds torch/"
  fi
}

build() {  # TREE BUILD
  export LD_LIBRARY_PATH=$1/usr/lib/x86_64-linux-gnu:${LD_LIBRARY_PATH:-}
  PKG_CONFIG_PATH=$1/pc cmake -S "$root" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DMIRRORME_OBS=OFF -DMIRRORME_QT=OFF -DMIRRORME_FFMPEG=OFF -DMIRRORME_GRPC=OFF -DMIRRORME_VOICES=OFF -DMIRRORME_TESTS=OFF \
    -DMIRRORME_TORCH_DIR="$(torch_dir)" -DCMAKE_PREFIX_PATH="$1/usr" -DPKG_CONFIG_EXECUTABLE="$(pkg_config "$1")" \
    -DCMAKE_CXX_FLAGS="-isystem $1/usr/include" -DCMAKE_EXE_LINKER_FLAGS="-Wl,-rpath-link,$1/usr/lib/x86_64-linux-gnu" >"$2.log" 2>&1 ||
    { tail -n 20 "$2.log" >&2; die "the configuration failed." "The whole story is in $2.log"; }
  cmake --build "$2" --target mirrorme >>"$2.log" 2>&1 || { grep -m 5 -E 'error|FAILED' "$2.log" >&2; die "the build failed." "The whole story is in $2.log"; }
}

pkg_config() { if command -v pkg-config >/dev/null; then command -v pkg-config; else echo "$1/usr/bin/pkgconf"; fi; }

run() {
  local folder=$1 device=cuda stages="codec face half_body hands stream" minutes="" config=$root/data/training/mini.json
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --device) device=${2:?}; shift 2 ;;
      --stages) stages=${2:?}; shift 2 ;;
      --minutes) minutes=${2:?}; shift 2 ;;
      --config) config=$(realpath "${2:?}"); shift 2 ;;
      *) die "unknown argument '$1'." "See the top of cmake/gpu_train.sh" ;;
    esac
  done
  folder=$(realpath "$folder")
  local work=${MIRRORME_GPU_WORK:-$root/build/gpu} cores
  cores=$(nproc)
  local out=${OUT:-$work/out}
  mkdir -p "$work" "$out"
  SECONDS=0
  unpack "$folder" "$work/tree"
  build "$work/tree" "$work/build"
  say "built in $SECONDS s"

  local mirrorme=$work/build/bin/mirrorme stage earlier=() arguments
  export MIRRORME_DATA=$root/data
  for stage in "$folder"/stages/*/; do [[ ! -d $stage || $stage == */state-*/ ]] || earlier+=("$stage"); done
  for stage in $stages; do
    SECONDS=0
    arguments=(--config "$config" --out "$work/$stage" --speech "$folder/speech" --device "$device" --data-threads "$((cores > 2 ? cores - 2 : 1))")
    [ -z "$minutes" ] || arguments+=(--minutes "$minutes")
    [ ${#earlier[@]} -eq 0 ] || arguments+=(--init "${earlier[@]}")
    [ ! -d "$work/$stage" ] || arguments+=(--resume)
    [ ! -d "$folder/stages/state-$stage" ] || arguments+=(--from-state "$folder/stages/state-$stage")
    "$mirrorme" train "$stage" "${arguments[@]}" --export-state "$work/state-$stage"
    earlier+=("$work/$stage")
    say "stage $stage: $SECONDS s"
  done
  "$mirrorme" train bundle --from "${earlier[@]}" --out "$work/mini"
  collect "$work" "$out" "$stages"
}

# One archive a thing, so that few files come back; split where one is over the limit.
collect() {  # WORK OUT STAGES
  local stage
  tar -C "$1" -czf "$2/bundle.tar.gz" mini
  for stage in $3; do
    [ ! -d "$1/state-$stage" ] || tar -C "$1" -cf "$2/state-$stage.tar" "state-$stage"
  done
  (cd "$1" && find . -name metrics.jsonl -not -path './build/*' -print0 | tar -czf "$2/logs.tar.gz" --null -T -)
  local file
  for file in "$2"/*.tar "$2"/*.tar.gz; do
    [ "$(stat -c %s "$file")" -le $((15 << 20)) ] || { split -b 14M -d "$file" "$file.part" && rm "$file"; }
  done
  say "left in $2:"
  find "$2" -maxdepth 1 -type f -printf '%f %s bytes\n'
}

case ${1:-} in
  pack) shift; pack "${@:?FOLDER is missing}" ;;
  run) shift; run "${@:?FOLDER is missing}" ;;
  *) sed -n '2,12p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
