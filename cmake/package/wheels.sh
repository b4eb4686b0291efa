# Libraries out of PyPI's wheels, by hash and without Python: sourced by cmake/setup.sh and by the packages' setup-cuda.sh.
# shellcheck shell=bash

pip=()
# What libtorch's wheel has besides libtorch-cpu's files, for GPUs.
# shellcheck disable=SC2034
torch_cuda_files=('torch/lib/lib*cuda*.so' torch/lib/libtorch_nvshmem.so torch/lib/libcaffe2_nvrtc.so)

say() { printf '== %s\n' "$*"; }
die() {  # PROBLEM [REMEDY...]
  printf 'error: %s\n' "$1" >&2
  shift
  printf '       %s\n' "$@" >&2
  exit 1
}

free_mb() { df -Pm "$1" | awk 'NR == 2 { print $4 }'; }

pins_hash() { grep -v '^#' "$1" | sha256sum | cut -d' ' -f1; }

# A mark is written last, and holds the hash of the pins whose files are there.
is_marked() { [ "$(cat "$1" 2>/dev/null)" = "$(pins_hash "$2")" ]; }  # MARK PINS

find_pip() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then
      pip=("$python" -m pip)
      return
    fi
  done
  return 1
}

# Any Python's pip may fetch these wheels: nothing of them is ever run by Python. TMPDIR, because pip collects
# a download there first, and /tmp is a small memory disk on some systems.
download() {  # PINS FOLDER: into FOLDER/wheels
  local tag tags=() quiet=()
  [ -t 1 ] || quiet=(--quiet)  # pip's progress bars are for people
  for tag in manylinux_2_28 manylinux_2_27 manylinux_2_25 manylinux_2_18 manylinux_2_17 manylinux2014 manylinux2010 manylinux1; do
    tags+=(--platform "${tag}_x86_64")
  done
  mkdir -p "$2/wheels" "$2/tmp"
  TMPDIR=$2/tmp "${pip[@]}" download "${quiet[@]}" --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
    --only-binary=:all: --implementation cp --python-version 3.11 "${tags[@]}" \
    -r "$1" -d "$2/wheels" ||
    die "libtorch could not be downloaded (see above)." \
      "No network, or a proxy? pip listens to HTTPS_PROXY and PIP_INDEX_URL; run this again afterwards." \
      "Without network: put the wheels that ${1##*/} names into one folder and set PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER."
}

unpack() {  # WHEEL FOLDER PATTERN...
  unzip -qo "$1" "${@:3}" -d "$2" || die "${1##*/} could not be unpacked into $2." "Is the disk full? $(free_mb "$2") MB are free."
}
