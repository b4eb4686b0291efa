#!/usr/bin/env bash
# The takes that a person watches before saying that the small model is fit to be seen: 20 s of speech for each drawing style, all gestures one after the other,
# and a minute of silence. Videos in OUT, a contact sheet of each in OUT/sheets.
#   bash tests/bench/takes.sh [OUT] [RECORDING]      (out/takes, data/demo/hello.wav over and over); needs the ffmpeg program
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-out/takes} voice=${2:-data/demo/hello.wav}
binary=${MIRRORME:-build/release/bin/mirrorme}
mkdir -p "$out/sheets"
command -v ffmpeg >/dev/null || { echo "error: ffmpeg is not installed; apt-get install ffmpeg" >&2; exit 1; }
ffmpeg -v error -y -stream_loop -1 -i "$voice" -t 20 -ac 1 "$out/speech.wav"
ffmpeg -v error -y -stream_loop -1 -i "$voice" -t 44 -ac 1 "$out/long_speech.wav"
ffmpeg -v error -y -f lavfi -i anullsrc=r=16000:cl=mono -t 60 "$out/silence.wav"
take() {  # NAME PICTURE SOUND EVERY MORE...
  local name=$1 picture=$2 sound=$3 every=$4; shift 4
  "$binary" render --quiet --image "data/avatars/$picture.png" --audio "$out/$sound.wav" --out "$out/$name.mp4" "$@"
  bash tests/bench/sheet.sh "$out/$name.mp4" "$out/sheets/$name.jpg" "$every"
  echo "$name: $out/$name.mp4, $out/sheets/$name.jpg"
}
take flat ada speech 20
take outlined ingrid speech 20
take cel yuki speech 20
take painted bruno speech 20
take photo maya speech 20
gestures=()
second=1
for file in data/gestures/*.json; do
  gestures+=(--gesture "$(basename "$file" .json)@$second")
  second=$((second + 3))
done
take gestures ada long_speech 44 "${gestures[@]}"
take silence maya silence 60
