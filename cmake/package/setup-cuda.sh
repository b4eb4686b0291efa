#!/usr/bin/env bash
# Fetches what an NVIDIA GPU needs besides its driver, into lib/ beside the engine: the CUDA half of libtorch and what that is linked with, from
# PyPI, every file checked by its hash. 2.5 GB to download, 3 GB on the disk.
# `mirrorme setup --cuda` runs it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "$here/wheels.sh"
pins=$here/libtorch-cuda.txt lib=$here/lib
done_mark=$lib/.complete-libtorch-cuda

if [ -s "$lib/libtorch_cuda.so" ] && is_marked "$done_mark" "$pins"; then
  say "the CUDA half of libtorch is there already ($lib)"
  exit
fi
[ -w "$lib" ] || die "$lib may not be written to." "Run as root: sudo mirrorme setup --cuda"
{ command -v unzip >/dev/null && find_pip; } || die "unzip and Python's pip are needed." "sudo apt-get install unzip python3-pip"
free=$(free_mb "$lib")
[ "$free" -ge 9000 ] || die "only $free MB are free for $lib; 9000 MB are needed while unpacking, 3300 MB afterwards." "Free some and run this again."

work=$(mktemp -d "$lib/.fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "downloading the CUDA half of libtorch (2.5 GB) into $lib"
download "$pins" "$work"
say "unpacking"
rm -f "$done_mark"
mkdir "$work/all"
unpack "$(echo "$work"/wheels/torch-*.whl)" "$work/all" "${torch_cuda_files[@]}"
rm -f "$work"/wheels/torch-*.whl
for wheel in "$work"/wheels/nvidia_*.whl; do
  unpack "$wheel" "$work/all" 'nvidia/*/lib/*.so*'
  rm -f "$wheel"
done
find "$work/all" -name '*.so*' -type f -exec mv -f {} "$lib/" ';'
pins_hash "$pins" >"$done_mark"
say "done: sources of MirrorMe use the GPU for models that gain by it once their engine is started again (Properties > Advanced > Device)"
