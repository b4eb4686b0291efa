#!/usr/bin/env bash
# Brings a Debian 12 (or newer) machine to where this project builds: packages, and libtorch without Python.
#   bash cmake/setup.sh [--obs] [--cuda] [--no-packages]
# Runs again in a second when nothing is missing. cmake/demo.sh and cmake/test.sh source it.
#   --obs          also what the OBS module and its tests need, OBS itself included (cmake/test.sh always asks for it)
#   --cuda         also the CUDA half of libtorch (2 GB to download) and, where no nvcc is installed, nvcc
#   --no-packages  leave the system's packages alone: they are there already, or the system is not Debian
#   MIRRORME_CACHE where libtorch is kept (default ~/.cache/obs-mirrorme)
#   MIRRORME_JOBS  compilers at a time (default: one per core, fewer when memory is short)
set -euo pipefail

mirrorme_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mirrorme_cache=${MIRRORME_CACHE:-${HOME:?set HOME or MIRRORME_CACHE}/.cache/obs-mirrorme}
mirrorme_torch_dir=$mirrorme_cache/libtorch-2.11.0
apt_dir=/etc/apt
# shellcheck source-path=SCRIPTDIR source=package/wheels.sh
. "$mirrorme_root/cmake/package/wheels.sh"
backports_name=obs-mirrorme-backports

packages=(
  g++ cmake ninja-build ccache pkg-config unzip catch2
  nlohmann-json3-dev libspdlog-dev libfmt-dev libcli11-dev
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libswresample-dev
  libcairo2-dev libespeak-ng-dev flite1-dev
)
# To build the OBS module and its panel, and to try them without a screen. Qt is the one that the system's OBS is built with.
obs_packages=(
  libobs-dev libx11-dev qtbase5-dev
  obs-studio xvfb xauth libgl1-mesa-dri xdotool imagemagick ffmpeg python3
)

# ---- system packages --------------------------------------------------------------------------------

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

check_root() {  # MISSING...
  [ "$(id -u)" -eq 0 ] && return
  local remedy="Ask someone who is root to run: apt-get install $*"
  command -v sudo >/dev/null || die "packages are missing, and this is neither root nor is there a sudo." "$remedy"
  if [ -t 0 ]; then
    say "sudo may ask for your password to install packages"
    sudo -v || die "packages are missing, and sudo did not let you in." "$remedy"
  else
    sudo -n true 2>/dev/null || die "packages are missing, and sudo wants a password that nobody is here to type." "$remedy"
  fi
}

check_system() {
  [ "$(uname -m)" = x86_64 ] || die "this is $(uname -m); libtorch's packaged build is for x86_64 only." \
    "Build libtorch yourself and configure with -DMIRRORME_TORCH_DIR=FOLDER (torch/lib and torch/include in it)."
  [ "$with_packages" = yes ] || return 0
  local ID="" VERSION_ID="" PRETTY_NAME="this system"
  # shellcheck disable=SC1091
  [ -r /etc/os-release ] && . /etc/os-release
  if [ "$ID" != debian ] || [ "${VERSION_ID%%.*}" -lt 12 ] 2>/dev/null; then
    die "$PRETTY_NAME is not Debian 12 or newer, and its packages are not known here." \
      "Install what corresponds to these, then run this again with --no-packages:" "${packages[*]}"
  fi
  codename=${VERSION_CODENAME:-}
  [ "${VERSION_ID%%.*}" = 12 ] || obs_packages=("${obs_packages[@]/%qtbase5-dev/qt6-base-dev}" qt6-svg-plugins)
}

missing_packages() {
  local package status version
  for package in "${packages[@]}"; do
    # shellcheck disable=SC2016
    status=$(dpkg-query -W -f='${db:Status-Status} ${Version}' "$package" 2>/dev/null || true)
    version=${status#* }
    if [ "${status%% *}" != installed ]; then
      echo "$package"
    elif [ "$package" = catch2 ] && dpkg --compare-versions "$version" lt 3; then
      echo "$package"
    fi
  done
}

# Prints an apt source for $codename-backports, made from the machine's own entry for $codename: same mirror,
# same key, whatever they are. Nothing when backports are configured already.
backports_source() {
  local files=() file
  for file in "$apt_dir"/sources.list "$apt_dir"/sources.list.d/*.list "$apt_dir"/sources.list.d/*.sources; do
    [ ! -r "$file" ] || files+=("$file")
  done
  awk -v release="$codename" '
    function has(words, word,   n, list, i) { n = split(words, list, /[ \t]+/); for (i = 1; i <= n; i++) if (list[i] == word) return 1; return 0 }
    function end_stanza() {  # deb822: keep every field but suites and components
      if (enabled && types && has(suites, release "-backports")) done = 1
      if (enabled && types && has(suites, release) && !stanza_found) stanza_found = kept
      kept = suites = ""; types = 0; enabled = 1; skip = 0
    }
    BEGIN { enabled = 1 }
    FNR == 1 { end_stanza(); deb822 = FILENAME ~ /[.]sources$/ }
    /^#/ { next }
    !deb822 && $1 == "deb" {
      at = 2
      if ($2 ~ /^\[/) while ($at !~ /\]$/ && at < NF) at++
      if ($2 ~ /^\[/) at++
      if ($(at + 1) == release "-backports") done = 1
      if ($(at + 1) == release && !line_found) {
        for (i = 1; i <= at; i++) line_found = line_found $i " "
        line_found = line_found release "-backports main"
      }
    }
    !deb822 { next }
    /^[ \t]*$/ { end_stanza(); next }
    /^[ \t]/ { if (!skip) kept = kept $0 "\n"; next }
    {
      field = tolower($1); value = $0; sub(/^[^:]*:[ \t]*/, "", value); skip = 0
      if (field == "suites:") { suites = value; skip = 1; kept = kept "Suites: " release "-backports\n" }
      else if (field == "components:") { skip = 1; kept = kept "Components: main\n" }
      else if (field == "enabled:") { enabled = tolower(value) !~ /^(no|false|0)/ }
      else if (field == "types:") { types = has(value, "deb"); kept = kept "Types: deb\n" }
      else kept = kept $0 "\n"
    }
    END {
      end_stanza()
      if (done) exit
      if (stanza_found) printf "sources\n%s", stanza_found
      else if (line_found) printf "list\n%s\n", line_found
      else exit 3
    }' "${files[@]}" /dev/null
}

# Catch2 3 is in Debian 12's backports only.
add_backports() {
  local text kind
  text=$(backports_source) || die "no apt source for '$codename' was found in $apt_dir, so its backports cannot be added." \
    "Add $codename-backports to $apt_dir/sources.list.d and run this again."
  [ -n "$text" ] || return 0
  kind=${text%%$'\n'*}
  backports_file=$apt_dir/sources.list.d/$backports_name.$kind
  printf '%s\n' "${text#*$'\n'}" | as_root tee "$backports_file" >/dev/null
  say "added $backports_file"
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}

install_packages() {
  local missing backports_file=""
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || { say "packages: all there"; return; }
  check_root "${missing[@]}"
  say "packages: installing ${missing[*]} (log: $log)"
  if [ "$codename" = bookworm ] && [[ " ${missing[*]} " == *" catch2 "* ]]; then
    add_backports
    missing=("${missing[@]/%catch2/catch2\/bookworm-backports}")
  fi
  if ! apt update; then
    [ -z "$backports_file" ] || as_root rm -f "$backports_file"
    tail -n 5 "$log" >&2
    die "apt-get update failed." "Is the network there? Does the mirror in $apt_dir carry ${codename}-backports?"
  fi
  apt install -y --no-install-recommends "${missing[@]}" || {
    tail -n 15 "$log" >&2
    die "apt-get could not install the packages." "The whole story is in $log."
  }
}

# ---- libtorch -------------------------------------------------------------------------------------

has_nvcc() { command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; }

# A half is complete when its stamp, written last, holds the hash of its pins, and its first library is there.
is_complete() {  # PINS LIBRARY
  [ -s "$mirrorme_torch_dir/$2" ] && is_marked "$(stamp_of "$1")" "$mirrorme_root/cmake/$1"
}

stamp_of() { echo "$mirrorme_torch_dir/.complete-${1%.txt}"; }

need_space() {  # MB
  local free
  free=$(free_mb "$mirrorme_cache")
  [ "$free" -ge "$1" ] || die "only $free MB are free for $mirrorme_cache; $1 MB are needed." \
    "Free some, or point MIRRORME_CACHE at a folder on a larger disk."
}

fetch() { download "$mirrorme_root/cmake/$1" "$mirrorme_cache"; }  # PINS

# Without what only Python loads; the CPU half also without the GPU's libraries.
unpack_torch() {  # cpu|cuda
  local wheel=("$mirrorme_cache"/wheels/torch-*.whl)
  case $1 in
    cpu) unpack "${wheel[0]}" "$mirrorme_torch_dir" 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1
      unpack_licences "${wheel[0]}" ;;
    cuda) unpack "${wheel[0]}" "$mirrorme_torch_dir" "${torch_cuda_files[@]}" ;;
  esac
}

# What a package that carries these libraries must carry as well: licenses/PACKAGE/.
unpack_licences() {  # WHEEL
  local name=${1##*/}
  mkdir -p "$mirrorme_torch_dir/licenses/${name%%-*}"
  unzip -qojC "$1" '*.dist-info/licenses/*' '*.dist-info/LICEN*' '*.dist-info/NOTICE*' -d "$mirrorme_torch_dir/licenses/${name%%-*}" 2>/dev/null ||
    [ $? = 11 ]  # some of the patterns fit nothing
}

unpack_nvidia() {
  local wheel
  for wheel in "$mirrorme_cache"/wheels/nvidia_*.whl; do
    unpack "$wheel" "$mirrorme_torch_dir" 'nvidia/*'
    unpack_licences "$wheel"
    rm -f "$wheel"
  done
}

stamp() {  # PINS
  local file
  file=$(stamp_of "$1")
  pins_hash "$mirrorme_root/cmake/$1" >"$file.tmp"
  mv "$file.tmp" "$file"
}

# Prints what is still to be fetched of libtorch.
missing_halves() {
  is_complete libtorch-cpu.txt torch/lib/libtorch_cpu.so || echo cpu
  if [ "$with_cuda" = yes ]; then
    is_complete libtorch-cuda.txt torch/lib/libtorch_cuda.so || echo cuda
    has_nvcc || is_complete cuda-compiler.txt nvidia/cu13/bin/nvcc || echo compiler
  fi
}

get_libtorch() {
  local half halves
  mapfile -t halves < <(missing_halves)
  if [ ${#halves[@]} -eq 0 ]; then
    say "libtorch: there ($mirrorme_torch_dir)"
    return
  fi
  find_pip || die "python3 with pip is needed to fetch libtorch." "Install python3-pip and run this again."
  mkdir -p "$mirrorme_torch_dir"
  for half in "${halves[@]}"; do get_half "$half"; done
  rm -rf "$mirrorme_cache/wheels" "$mirrorme_cache/tmp"
}

get_half() {  # cpu|cuda|compiler
  case $1 in
    cpu)
      need_space 1500
      say "libtorch: downloading the CPU half (544 MB) into $mirrorme_cache"
      fetch libtorch-cpu.txt
      say "libtorch: unpacking"
      unpack_torch cpu
      unpack_nvidia
      stamp libtorch-cpu.txt ;;
    cuda)
      need_space 7000
      say "libtorch: downloading the CUDA half (2.5 GB)"
      fetch libtorch-cuda.txt
      say "libtorch: unpacking the CUDA half"
      unpack_torch cuda
      unpack_nvidia
      stamp libtorch-cuda.txt ;;
    compiler)
      say "nvcc: downloading (100 MB), as no CUDA toolkit was found"
      fetch cuda-compiler.txt
      unpack_nvidia
      chmod +x "$mirrorme_torch_dir"/nvidia/cu13/bin/* "$mirrorme_torch_dir"/nvidia/cu13/nvvm/bin/*
      stamp cuda-compiler.txt ;;
  esac
}

# ---- what the commands call -------------------------------------------------------------------------

with_cuda=no with_obs=no with_packages=yes codename="" rest=()

# Reads the options that all commands share; other arguments are left in `rest`.
mirrorme_options() {
  local argument
  for argument in "$@"; do
    case $argument in
      --obs) with_obs=yes ;;
      --cuda) with_cuda=yes ;;
      --no-packages) with_packages=no ;;
      -h | --help)
        sed -n '2,/^[^#]/ s/^# \{0,1\}//p' "$0"
        exit ;;
      *) rest+=("$argument") ;;
    esac
  done
}

refuse_rest() { [ ${#rest[@]} -eq 0 ] || die "unknown argument: ${rest[0]}" "What there is: bash $0 --help"; }

mirrorme_setup() {
  check_system
  mkdir -p "$mirrorme_cache" 2>/dev/null || die "$mirrorme_cache cannot be made." "Point MIRRORME_CACHE at a folder you may write to."
  exec 9>"$mirrorme_cache/.lock"
  flock 9  # two set-ups at once take turns
  log=$mirrorme_cache/setup.log
  : >"$log"
  [ "$with_obs" = no ] || packages+=("${obs_packages[@]}")
  if [ "$with_packages" = yes ]; then
    [ -z "$(missing_halves)" ] || find_pip || packages+=(python3-pip)
    install_packages
  fi
  get_libtorch
  exec 9>&-
}

mirrorme_jobs() {
  local cores memory_gb jobs
  cores=$(nproc)
  memory_gb=$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
  jobs=$((memory_gb / 2))  # a file with libtorch in it takes up to 2 GB to compile
  ((jobs <= cores)) || jobs=$cores
  ((jobs >= 1)) || jobs=1
  echo "${MIRRORME_JOBS:-$jobs}"
}

# Configures and builds build/release: TARGET... or, without one, everything.
mirrorme_build() {  # CMAKE_OPTION... -- TARGET...
  local options=() jobs free
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  free=$(free_mb "$mirrorme_root")
  [ "$free" -ge 1500 ] || die "only $free MB are free for $mirrorme_root/build; 1500 MB are needed." "Free some and run this again."
  [ "$with_cuda" = no ] || options+=(-DMIRRORME_CUDA=ON)
  # Said either way: the build folder may have been configured the other way before.
  if [ "$with_obs" = yes ]; then options+=(-DMIRRORME_OBS=ON -DMIRRORME_QT=ON); else options+=(-DMIRRORME_OBS=OFF -DMIRRORME_QT=OFF); fi
  jobs=$(mirrorme_jobs)
  say "building in build/release ($jobs at a time)"
  mkdir -p "$mirrorme_root/build"
  log=$mirrorme_root/build/configure.log
  cmake --preset release "-DMIRRORME_TORCH_DIR=$mirrorme_torch_dir" "${options[@]}" >"$log" 2>&1 || {
    cat "$log" >&2
    die "CMake could not configure build/release (see above)." "If an old build folder is in the way: rm -r build/release"
  }
  cmake --build --preset release --parallel "$jobs" ${1:+--target "$@"}
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  mirrorme_options "$@"
  refuse_rest
  mirrorme_setup
  say "set-up complete"
fi
