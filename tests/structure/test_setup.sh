#!/usr/bin/env bash
# The parts of cmake/setup.sh that can be tried without touching the machine: the apt source it writes, when
# libtorch counts as complete, and what it says when it cannot go on.   test_setup.sh SCRATCH_FOLDER
set -euo pipefail
scratch=$1
rm -rf "$scratch"
mkdir -p "$scratch"
export MIRRORME_CACHE=$scratch/cache
# shellcheck source-path=SCRIPTDIR source=../../cmake/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../cmake/setup.sh"

failures=0
expect() {  # WHAT EXPECTED GOT
  [ "$2" = "$3" ] && return
  printf 'FAILED: %s\n--- expected\n%s\n--- got\n%s\n' "$1" "$2" "$3"
  failures=$((failures + 1))
}
expect_holds() {  # WHAT NEEDLE HAYSTACK
  case $3 in *"$2"*) ;; *) expect "$1" "...$2..." "$3" ;; esac
}

codename=bookworm
apt_dir=$scratch/apt
fresh_apt() { rm -rf "$apt_dir"; mkdir -p "$apt_dir/sources.list.d"; }

fresh_apt
cat >"$apt_dir/sources.list.d/debian.sources" <<'END'
Types: deb
# a comment that stays behind
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
END
deb822='sources
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg'
expect "deb822 entry" "$deb822" "$(backports_source)"
(backports_source | tail -n +2) >"$scratch/made"
cp "$scratch/made" "$apt_dir/sources.list.d/$backports_name.sources"
expect "a second run adds nothing" "" "$(backports_source)"

fresh_apt
printf 'Enabled: no\nTypes: deb\nURIs: http://off.example\nSuites: bookworm\nComponents: main\n\nTypes: deb-src\nURIs: http://src.example\nSuites: bookworm\nComponents: main\n\nTypes: deb deb-src\nURIs: http://on.example\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN KEY-----\n .\n abc\n' \
  >"$apt_dir/sources.list.d/x.sources"
expect "disabled and source-only entries are passed over, an inline key is kept" 'sources
Types: deb
URIs: http://on.example
Suites: bookworm-backports
Components: main
Signed-By:
 -----BEGIN KEY-----
 .
 abc' "$(backports_source)"

fresh_apt
printf '# deb http://no.example bookworm main\ndeb-src http://no.example bookworm main\ndeb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib non-free\n' >"$apt_dir/sources.list"
expect "one-line entry" "list
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm-backports main" "$(backports_source)"
printf 'deb http://mirror.example/debian bookworm-backports main\n' >>"$apt_dir/sources.list"
expect "backports already there" "" "$(backports_source)"

fresh_apt
printf 'deb http://mirror.example/debian trixie main\n' >"$apt_dir/sources.list"
status=0
backports_source >/dev/null || status=$?
expect "no entry of this release" 3 "$status"

# libtorch is complete only with its library and a stamp made from the very pins of this checkout.
mkdir -p "$mirrorme_torch_dir/torch/lib"
complete() { is_complete libtorch-cpu.txt torch/lib/libtorch_cpu.so && echo yes || echo no; }
expect "nothing there" no "$(complete)"
stamp libtorch-cpu.txt
expect "a stamp without the library" no "$(complete)"
echo library >"$mirrorme_torch_dir/torch/lib/libtorch_cpu.so"
expect "both" yes "$(complete)"
echo other >"$(stamp_of libtorch-cpu.txt)"
expect "the stamp of other pins" no "$(complete)"

for pins in libtorch-cpu.txt libtorch-cuda.txt cuda-compiler.txt; do
  file=$mirrorme_root/cmake/$pins
  expect "$pins: every wheel is pinned by hash" "$(grep -c == "$file")" "$(grep -cE -- '--hash=sha256:[0-9a-f]{64}$' "$file")"
done

with_packages=no
stopped=$(need_space 999999999 2>&1) && expect "no space" "a failure" "success"
expect_holds "no space: remedy" "point MIRRORME_CACHE at a folder on a larger disk" "$stopped"
stopped=$(mirrorme_root=$scratch PIP_NO_INDEX=1 PIP_FIND_LINKS=$scratch && mkdir -p "$scratch/cmake" &&
  cp "$(dirname "${BASH_SOURCE[0]}")/../../cmake/libtorch-cpu.txt" "$scratch/cmake/" && export PIP_NO_INDEX PIP_FIND_LINKS && find_pip && fetch libtorch-cpu.txt 2>&1) &&
  expect "no network" "a failure" "success"
expect_holds "no network: remedy" "run this again afterwards" "$stopped"
# shellcheck disable=SC2317
stopped=$(uname() { echo aarch64; }; check_system 2>&1) && expect "other processor" "a failure" "success"
expect_holds "other processor: remedy" "MIRRORME_TORCH_DIR" "$stopped"
# OBS is asked for only by those who name it.
asked_for() {  # OPTION...
  (mirrorme_options --no-packages "$@"; get_libtorch() { :; }; mirrorme_setup >/dev/null; case " ${packages[*]} " in *" libobs-dev "*) echo yes ;; *) echo no ;; esac)
}
expect "without --obs" no "$(asked_for)"
expect "with --obs" yes "$(asked_for --obs)"

# What an installed engine fetches for a GPU, from wheels made here.
installed=$scratch/engine wheels=$scratch/wheels
mkdir -p "$installed/lib" "$wheels"
cp "$mirrorme_root/cmake/package/setup-cuda.sh" "$mirrorme_root/cmake/package/wheels.sh" "$installed/"
if command -v python3 >/dev/null && find_pip && [ "$(free_mb "$scratch")" -ge 9000 ]; then
  python3 - "$wheels" >"$installed/libtorch-cuda.txt" <<'END'
import hashlib, pathlib, sys, zipfile
for name, tag, files in [("torch", "cp311-cp311-manylinux_2_28_x86_64", ["torch/lib/libtorch_cuda.so", "torch/lib/libtorch_cpu.so", "torch/lib/libtorch_nvshmem.so", "torch/lib/libcaffe2_nvrtc.so"]),
                         ("nvidia_cublas", "py3-none-manylinux_2_27_x86_64", ["nvidia/cu13/lib/libcublas.so.13", "nvidia/cu13/include/cublas.h"])]:
    wheel = pathlib.Path(sys.argv[1]) / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as z:
        for file in files: z.writestr(file, file)
        z.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        z.writestr(f"{name}-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {tag}\n")
        z.writestr(f"{name}-1.0.dist-info/RECORD", "")
    print(f"{name}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
END
  fetch_cuda() { PIP_NO_INDEX=1 PIP_FIND_LINKS=$wheels bash "$installed/setup-cuda.sh" 2>&1; }
  expect_holds "GPU libraries" "the GPU" "$(fetch_cuda)"
  expect "GPU libraries: what is there" "libcaffe2_nvrtc.so libcublas.so.13 libtorch_cuda.so libtorch_nvshmem.so" "$(cd "$installed/lib" && echo *)"
  expect "GPU libraries: nothing is left behind" "" "$(find "$installed/lib" -name '.fetching*')"
  expect_holds "GPU libraries: a second time" "there already" "$(fetch_cuda)"
  sed -i '1s/sha256:..../sha256:0000/' "$installed/libtorch-cuda.txt"
  stopped=$(fetch_cuda) && expect "another hash" "a failure" "success"
  expect_holds "another hash: what is said" "could not be downloaded" "$stopped"
fi

# The scene that demo.sh --obs opens is JSON whatever the folder is called, and nothing of it lies outside the build folder.
# shellcheck source-path=SCRIPTDIR source=../../cmake/obs_demo.sh
if command -v python3 >/dev/null; then
  demo=$scratch/'a "strange" folder'
  mkdir -p "$demo/build/release/bin"
  shown=$(cd "$demo" && script=$mirrorme_root/cmake/obs_demo.sh && mirrorme_root=$demo && unset DISPLAY WAYLAND_DISPLAY && . "$script" && obs_demo data/a.png data/b.flac)
  expect_holds "demo without a screen" "There is no screen here" "$shown"
  expect "the demo's scene" "$demo/data/b.flac" \
    "$(python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(s["sources"][1]["settings"]["local_file"])' "$demo/build/obs-demo/obs-studio/basic/scenes/MirrorMe.json")"
fi

MIRRORME_JOBS=7
expect "jobs can be chosen" 7 "$(mirrorme_jobs)"

[ "$failures" -eq 0 ] || exit 1
echo "all as expected"
