#!/usr/bin/env bash
# The module, the test-card engine, the panel and their tests, built with sanitizers and run in real libobs.
#   bash tests/obs/sanitize.sh [asan | tsan] [test program's own arguments, such as a test case]
#   (none)  both
# What is judged is what the sanitizers say of our code, in the tests and in the engines that they start; a check that fails is shown and counted,
# and no more: instrumented code is several times as slow, and many of these checks measure time. libobs, Mesa, Qt and gRPC are not instrumented.
# Everything else that is needed must be installed already (bash tests/obs/run.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../../cmake/setup.sh
. cmake/setup.sh

programs=(test_host test_ui_model test_obs test_panel)
presets=(asan tsan)
case ${1:-} in asan | tsan) presets=("$1"); shift ;; esac

export_options() {  # FOLDER: where reports go
  local rules=$PWD/tests/obs/sanitizers
  export UBSAN_OPTIONS="print_stacktrace=1" MIRRORME_CARD_LOG=$1/engine.log  # the one sanitizer that writes to standard error whatever it is told
  export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1:log_path=$1/address"
  export LSAN_OPTIONS="suppressions=$rules/leaks.txt:print_suppressions=0"
  # What gRPC, libobs and Mesa do with their own atomics the sanitizer cannot see, and would take for races.
  export TSAN_OPTIONS="halt_on_error=0:second_deadlock_stack=1:ignore_noninstrumented_modules=1:suppressions=$rules/races.txt:log_path=$1/thread"
}

failed=no
for preset in "${presets[@]}"; do
  say "building in build/$preset"
  cmake --preset "$preset" -DMIRRORME_GRPC=ON -DMIRRORME_OBS=ON -DMIRRORME_QT=ON -DMIRRORME_TRAINING=OFF -DMIRRORME_TESTS=ON >build/configure.log 2>&1 || {
    cat build/configure.log >&2
    die "CMake could not configure build/$preset (see above)."
  }
  cmake --build "build/$preset" --parallel "$(mirrorme_jobs)" --target "${programs[@]}" card_engine obs-mirrorme
  reports=$PWD/build/$preset/reports
  rm -rf "$reports" && mkdir -p "$reports"
  for program in "${programs[@]}"; do
    status=0
    (export_options "$reports" && "build/$preset/bin/$program" "$@") >"$reports/$program.log" 2>&1 || status=$?
    say "$preset, $program: $(tail -n 4 "$reports/$program.log" | tr -s '=\n ' '=  ')"
    if ((status >= 128)) || ! grep -qE '^(All tests passed|test cases:|No tests ran)' "$reports/$program.log"; then
      tail -n 30 "$reports/$program.log"
      say "$preset, $program: did not come to its end (exit code $status)"
      failed=yes
    fi
  done
  found=$(grep -rlE '^SUMMARY: |: runtime error: ' "$reports") || true
  for report in $found; do
    grep -E -m 3 -A 40 '^(WARNING|==[0-9]+==ERROR): |: runtime error: ' "$report" || true
    failed=yes
  done
  say "$preset: $(wc -w <<<"$found") reports in $reports"
done
[ "$failed" = no ]
