#!/bin/bash
# What single ingredients of the small model's training bring: rows of a few steps, each with one ingredient left out, from the same start and on the same data.
#   bash tests/bench/ablations.sh [OUT] [SHARE]      SHARE of the steps below, in percent (100); an hour and a half of one core
# face from nothing: the hybrid of window and full attention to the sound, the window alone, all of it alone. half_body from the first of these: with and without the
# face mask. stream from the first of those: everything, windows that always begin with a still latent, no history of the model's own making.
# Short runs show what is learned soon, not what is reached in the end. Every row ends in a bundle, OUT/bundles/ROW, and the rows are measured side by side.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-out/ablations} share=${2:-100}
binary=${MIRRORME:-build/release/bin/mirrorme} config=data/training/mini.json
mkdir -p "$out/bundles"
parts=$out/codec
[ -d "$parts" ] || "$binary" train codec --config "$config" --only parts --out "$parts"
row() {  # NAME STAGE STEPS SED EARLIER...
  local name=$1 stage=$2 steps=$(($3 * share / 100)) change=$4; shift 4
  [ ! -f "$out/bundles/$name/bundle.json" ] || return 0
  sed "$change" "$config" >"$out/$name.json"
  if [ -n "$change" ] && cmp -s "$config" "$out/$name.json"; then echo "$name: $config has changed, its line is no longer found" >&2; exit 1; fi
  "$binary" train "$stage" --config "$out/$name.json" --out "$out/$name" --steps "$steps" --threads 1 --data-threads 1 --precision f32 --init "$parts" "$@"
  "$binary" train bundle --from data/models/mini "$parts" "$@" "$out/$name" --name "$name" --out "$out/bundles/$name"
}
table() {  # PART ARGUMENTS ROWS...: side by side
  local part=$1 steps=$2; shift 2
  "$binary" eval "${@/#/$out/bundles/}" --only "$part" --steps "$steps"
}
alpha() { echo "/\"adapter\"/,/}/s/\"audio_dim\": 128/\"audio_dim\": 128, \"alpha_first\": $1, \"alpha_last\": $1/"; }
row face_hybrid face 500 ''
row face_window face 500 "$(alpha 1)"
row face_full face 500 "$(alpha 0)"
row mask half_body 350 '' "$out/face_hybrid"
row no_mask half_body 350 's/"gate_share": 0.5/"gate_share": 0/' "$out/face_hybrid"
row stream_all stream 350 '' "$out/mask"
row always_still stream 350 's/"history_own": 0.5,/"history_own": 0.5, "still_share": 1,/' "$out/mask"
row never_own stream 350 's/"history_own": 0.5,/"history_own": 0,/' "$out/mask"
table motion 1,2 face_hybrid face_window face_full
table motion 1,2 mask no_mask
table motion 1,2 stream_all always_still never_own
table identity 1 stream_all always_still never_own
