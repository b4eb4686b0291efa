#!/usr/bin/env bash
# Frames of a video as one picture: what README.md shows, and what a person looks at before saying that it talks.
#   bash tests/bench/sheet.sh VIDEO SHEET.png [EVERY]      every EVERY-th frame (default 8), 24 of them; needs the ffmpeg program
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 2; }
command -v ffmpeg >/dev/null || { echo "error: ffmpeg is not installed; apt-get install ffmpeg" >&2; exit 1; }
ffmpeg -v error -y -i "$1" -vf "select='not(mod(n,${3:-8}))',scale=160:-1,tile=8x3" -frames:v 1 -fps_mode passthrough "$2"
