#!/usr/bin/env bash
# Packs what tests/gpu/run.sh needs into one archive for a machine that has torch, nvcc, CMake and ninja, no network and nothing else: the sources and the one
# library of headers that such a machine may lack.
#   bash tests/gpu/pack.sh FILE.tar.gz      there: tar xzf FILE.tar.gz -C FOLDER && bash FOLDER/tests/gpu/run.sh
# JSON_DIR=FOLDER names the folder that holds nlohmann/json.hpp (default /usr/include).
set -euo pipefail
file=$(realpath -m "${1:?give the archive to write: bash tests/gpu/pack.sh FILE.tar.gz}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
headers=${JSON_DIR:-/usr/include}
if [ ! -f "$headers/nlohmann/json.hpp" ]; then
  printf 'error: %s\n%s\n' "$headers/nlohmann/json.hpp is not there" "Install nlohmann-json3-dev, or name the folder with JSON_DIR=FOLDER." >&2
  exit 1
fi
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
mkdir -p "$staging/tests/gpu/headers"
cp -r --parents cmake kernels pipeline/core pipeline/weights pipeline/ops pipeline/features pipeline/denoise pipeline/codec pipeline/cli tests/gpu tests/kernels tests/support "$staging"
cp -rL "$headers/nlohmann" "$staging/tests/gpu/headers/"
mkdir -p "$(dirname "$file")"
tar -C "$staging" -czf "$file" .
printf '%s: %s\n' "$file" "$(du -h "$file" | cut -f1)"
