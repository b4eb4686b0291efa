#!/usr/bin/env bash
# The module and its panel in OBS 30.2 with Qt 6: built and tried inside a Debian 13 that lives in a folder. Nothing of the system is changed but
# two packages (mmdebstrap, bubblewrap); the folder is kept in $MIRRORME_CACHE and made again when the list of its packages changes.
#   bash tests/obs/debian13.sh [--all] [--no-packages]
#   (none)  build, the real OBS with the test card
#   --all   also test_obs, the tests in libobs
# Needs root, or user namespaces. Pictures, recording and logs: build/debian13/obs_real
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../../cmake/setup.sh
. cmake/setup.sh

suite=trixie
inside=(
  ca-certificates g++ cmake ninja-build ccache pkg-config python3 catch2
  nlohmann-json3-dev libspdlog-dev libfmt-dev libcli11-dev libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
  libobs-dev libx11-dev qt6-base-dev qt6-svg-plugins obs-studio xvfb xauth libgl1-mesa-dri xdotool imagemagick ffmpeg
)

mirrorme_options "$@"
all=no
for argument in "${rest[@]}"; do
  [ "$argument" = --all ] || die "unknown argument: $argument" "What there is: --all, --no-packages"
  all=yes
done

mkdir -p "$mirrorme_cache"
log=$mirrorme_cache/debian13.log
: >"$log"
if [ "$with_packages" = yes ]; then
  check_system
  packages=(mmdebstrap bubblewrap)
  install_packages
fi

# The mirror that this machine's own packages come from.
mirror() {
  awk '/^URIs:/ && !found { print $2; found = 1 } /^deb / && !found { at = 2; if ($2 ~ /^\[/) { while ($at !~ /\]$/) at++; at++ } print $at; found = 1 }' \
    "$apt_dir"/sources.list.d/debian.sources "$apt_dir"/sources.list 2>/dev/null | head -n 1
}

key=$(printf '%s' "1 $suite ${inside[*]}" | sha256sum | cut -c1-12)
root=$mirrorme_cache/debian13-$key
exec 9>"$mirrorme_cache/.debian13.lock"
flock 9
if [ ! -e "$root.complete" ]; then
  say "making a Debian 13 in $root"
  rm -rf "$root"
  mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' --include="$(IFS=,; echo "${inside[*]}")" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='mkdir -p "$1/src" "$1/out"' "$suite" "$root" "$(mirror)" </dev/null >>"$log" 2>&1 ||
    { tail -n 15 "$log" >&2; die "mmdebstrap could not make a Debian 13." "The whole story is in $log."; }
  touch "$root.complete"
fi
exec 9>&-

out=$mirrorme_root/build/debian13
mkdir -p "$out"
in_root() {  # SECONDS COMMAND...
  local seconds=$1
  shift
  timeout -k 5 "$seconds" bwrap --ro-bind "$root" / --dev /dev --proc /proc --ro-bind /sys /sys --tmpfs /tmp --tmpfs /root --tmpfs /run \
    --ro-bind "$mirrorme_root" /src --bind "$out" /out --unshare-all --die-with-parent --clearenv \
    --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv LANG C.UTF-8 --setenv HOME /root --setenv CCACHE_DIR /out/ccache "$@" </dev/null
}

say "building"
in_root 3600 cmake -S /src -B /out/build -G Ninja -DCMAKE_BUILD_TYPE=Release -DMIRRORME_TORCH=OFF -DMIRRORME_TRAINING=OFF -DMIRRORME_VOICES=OFF >"$out/configure.log" ||
  { tail -n 20 "$out/configure.log" >&2; die "CMake could not configure."; }
targets=(obs-mirrorme obs-mirrorme-ui card_engine)
[ "$all" = no ] || targets+=(test_obs)
in_root 3600 cmake --build /out/build --parallel "$(mirrorme_jobs)" --target "${targets[@]}"

status=0
if [ "$all" = yes ]; then
  say "test_obs"
  in_root 1800 /out/build/bin/test_obs -d yes || status=1
fi
say "OBS"
in_root 900 python3 -B /src/tests/obs/real/drive.py --modules /out/build/bin --ui /src/ui --engine /out/build/bin/card_engine \
  --backend test-card --seconds 15 --out /out/obs_real || status=1
exit $status
