#!/usr/bin/env bash
# People's recordings in five languages, spoken by five pictures: a row of frames a third of a second apart for each, its sound's waveform below it.
#   bash tests/bench/languages.sh [SHEET.jpg] [RECORDINGS]      (out/languages.jpg, /usr/share/asterisk/sounds: Debian's asterisk-core-sounds-{en,es,fr,it,ru}-wav)
set -euo pipefail
cd "$(dirname "$0")/../.."
sheet=${1:-out/languages.jpg} recordings=${2:-/usr/share/asterisk/sounds}
binary=${MIRRORME:-build/release/bin/mirrorme}
command -v ffmpeg >/dev/null || { echo "error: ffmpeg is not installed; apt-get install ffmpeg" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pictures=(ada kofi ingrid leon yuki) frames=12 every=8 width=128
seconds=$((frames * every / 24))
rows=() row=0
for folder in "$recordings"/*/; do
  [ "$row" -lt ${#pictures[@]} ] || break
  ffmpeg -v error -y -ss 1 -t "$seconds" -i "$folder/demo-instruct.wav" -ac 1 "$work/$row.wav"
  "$binary" render --quiet --framing face --image "data/avatars/${pictures[$row]}.png" --audio "$work/$row.wav" --out "$work/$row.mp4"
  ffmpeg -v error -y -i "$work/$row.mp4" -vf "select='not(mod(n,$every))',crop=iw:iw*1.05:0:ih*0.06,scale=$width:-2,tile=${frames}x1" -frames:v 1 -fps_mode passthrough "$work/$row.png"
  ffmpeg -v error -y -i "$work/$row.wav" -filter_complex "color=white:s=$((frames * width))x40[paper];volume=15dB,showwavespic=s=$((frames * width))x40:colors=0x335577[wave];[paper][wave]overlay=shortest=1,format=rgb24" -frames:v 1 "$work/$row-wave.png"
  rows+=(-i "$work/$row.png" -i "$work/$row-wave.png")
  echo "row $((row + 1)): $(basename "$folder"), ${pictures[$row]}"
  row=$((row + 1))
done
[ "$row" -gt 0 ] || { echo "error: $recordings holds no folders with demo-instruct.wav" >&2; exit 1; }
mkdir -p "$(dirname "$sheet")"
ffmpeg -v error -y "${rows[@]}" -filter_complex "vstack=inputs=$((2 * row))" -q:v 4 "$sheet"
