#!/bin/bash
# A picture model learns four clips by heart through stages vae, face, half_body and hands on the CPU, one thread; loss curves and figures as text, sheets as
# pictures in OUT/STAGE/samples: the clip, the codec's round trip, what the stream makes of the clip's own sound, of another's, with the face mask shut, and with
# the arms' key points backwards.
#   bash tests/bench/overfit.sh [OUT] [SHARE]      SHARE of the config's steps, in percent (100)
# Figures (train/video_recital.h): errors are root mean squares in 8-bit steps; opening_* is the correlation of the lips' distance, read from the frames, with the clip's.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-out/overfit} share=${2:-100}
binary=build/release/bin/mirrorme config=data/training/tiny_pixels.json
steps() { sed -n "/\"$1\": {/,/steps/s/.*\"steps\": \([0-9]*\).*/\1/p" "$config" | tail -1; }
stage() {  # NAME PART FOLDER INIT...
  local name=$1 part=$2 folder=$3; shift 3
  local count=$(( $(steps "$part") * share / 100 ))
  "$binary" train "$name" --config "$config" --out "$folder" --steps "$count" --threads 1 ${1:+--init "$@"}
}
curve() {  # FILE: ten points of every loss and flow
  awk -F'[,:{}]' '{ for (i = 1; i < NF; ++i) { if ($i ~ /"step"/) s = $(i + 1); if ($i ~ /"loss"/) l = $(i + 1); if ($i ~ /"flow"/) f = $(i + 1) } if (l != "") printf "%s %s %s\n", s, l, f }' "$1" |
    awk '{ line[NR] = $0 } END { for (k = 0; k < 10; ++k) { i = 1 + int(k * (NR - 1) / 9); if (i >= 1 && i <= NR) print "  " line[i] } }'
}
stage codec vae "$out/codec"
before=("$out/codec")
for name in face half_body hands; do
  stage "$name" "$name" "$out/$name" "${before[@]}"
  before+=("$out/$name")
done
"$binary" train bundle --from "${before[@]}" --name tiny_pixels --out "$out/bundle"
for name in codec/vae face half_body hands; do
  echo "$name: step, loss, flow"
  curve "$out/$name/metrics.jsonl"
  grep '"kind":"eval"' "$out/$name/metrics.jsonl" | tail -1 | tr -d '{}"' | tr ',' '\n' | sed '1,3d; s/^/    /'
done
