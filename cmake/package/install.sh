#!/usr/bin/env bash
# Puts MirrorMe into your own OBS folder; nobody else's OBS and nothing of the system is touched, and root is not needed.
#   bash install.sh            install, or replace an older version
#   bash install.sh --remove   take it out again; your scenes keep their settings
set -euo pipefail
from=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/plugins
to=${XDG_CONFIG_HOME:-$HOME/.config}/obs-studio/plugins
modules=(obs-mirrorme obs-mirrorme-ui)

if [ "${1:-}" = --remove ]; then
  for module in "${modules[@]}"; do rm -rf "${to:?}/$module"; done
  echo "Removed from $to."
  echo "If a voice of yours is late now: Edit > Advanced Audio Properties > Sync Offset, back to what you had (0 ms, mostly)."
  echo "If a voice of yours is in no track: tick its tracks in the same window."
  exit
fi
if [ $# -gt 0 ]; then
  sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$0"
  [ "$1" = --help ] || exit 2
  exit
fi

# The engine and the modules use libraries of the system; Debian's names for them are said where some are missing.
missing=$(ldd "$from"/obs-mirrorme/bin/64bit/{obs-mirrorme.so,mirrorme} | awk '/not found/ { print $1 }' | sort -u)
if [ -n "$missing" ]; then
  echo "error: this system lacks: ${missing//$'\n'/ }" >&2
  echo "       On Debian 12: sudo apt-get install obs-studio libgrpc++1.51 libprotobuf32 libspdlog1.10 libavformat59 libswscale6 libcairo2 libflite1" >&2
  echo "       Elsewhere this build does not fit: build it from its sources." >&2
  exit 1
fi

# What `mirrorme setup --cuda` fetched is large, and this version's as long as its list of files is.
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "$from/obs-mirrorme/bin/64bit/wheels.sh"
keep_gpu_libraries() {  # OLD_LIB NEW_ENGINE
  local mark=$1/.complete-libtorch-cuda
  is_marked "$mark" "$2/libtorch-cuda.txt" || return 0
  mv -n "$1"/*.so* "$mark" "$2/lib/"
}

mkdir -p "$to"
for module in "${modules[@]}"; do
  [ -d "$from/$module" ] || continue
  rm -rf "${to:?}/$module.new"
  cp -r "$from/$module" "$to/$module.new"
  [ "$module" != obs-mirrorme ] || keep_gpu_libraries "$to/$module/bin/64bit/lib" "$to/$module.new/bin/64bit"
  rm -rf "${to:?}/$module"
  mv "$to/$module.new" "$to/$module"
done
echo "Installed into $to. Start OBS again, then: Sources > + > MirrorMe Avatar."
