#!/usr/bin/env bash
# From a fresh Debian 12 to a talking picture: set-up, build, one rendered video.
#   bash cmake/demo.sh [--obs] [--cuda] [--no-packages]
#   --obs  instead of the video: OBS opens on a scene with a talking avatar, its files kept apart from your own in build/obs-demo
# Safe to run again: what is done is not done twice. The options are explained in cmake/setup.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=setup.sh
. cmake/setup.sh

first_of() {  # WHAT FILE...
  local what=$1 file
  shift
  for file in "$@"; do
    [ ! -f "$file" ] || { echo "$file"; return; }
  done
  die "$what is missing from this checkout (looked for: $*)." "Get it back with: git checkout -- data"
}

mirrorme_options "$@"
refuse_rest
picture=$(first_of "the demo's picture" data/avatars/*.png)
voice=$(first_of "the demo's voice" data/demo/hello.flac data/demo/hello.wav)

mirrorme_setup
say "set-up took $SECONDS s"

if [ "$with_obs" = yes ]; then
  SECONDS=0
  mirrorme_build -- obs
  say "build took $SECONDS s"
  # shellcheck source-path=SCRIPTDIR source=obs_demo.sh
  . cmake/obs_demo.sh
  obs_demo "$picture" "$voice"
  exit
fi

SECONDS=0
mirrorme_build -- mirrorme
say "build took $SECONDS s"

SECONDS=0
say "rendering $picture with $voice"
build/release/bin/mirrorme render --image "$picture" --audio "$voice" --out build/demo.mp4
say "rendering took $SECONDS s"

cat <<END

The video:      $mirrorme_root/build/demo.mp4
Your own:       build/release/bin/mirrorme render --image PICTURE --audio SPEECH --out VIDEO.mp4
More pictures:  data/avatars/    What works on this machine:  build/release/bin/mirrorme doctor
END
