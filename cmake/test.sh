#!/usr/bin/env bash
# The same set-up as cmake/demo.sh, then a full build and the tests.
#   bash cmake/test.sh [--slow | --long] [--werror] [--cuda] [--no-packages]
#   (none)    tier fast: what every change must pass
#   --slow    tier slow: full-size numbers, comparison with peers
#   --long    tier long: soaks
#   --werror  warnings are errors, as in CI
# Ends with ctest's summary; fails when a test fails and when there was none to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=setup.sh
. cmake/setup.sh

mirrorme_options "$@"
with_obs=yes
tiers=() options=(-DMIRRORME_TESTS=ON)
for argument in "${rest[@]}"; do
  case $argument in
    --slow | --long) tiers+=("${argument#--}") ;;
    --werror) options+=(-DMIRRORME_WERROR=ON) ;;
    *) die "unknown argument: $argument" "What there is: bash cmake/test.sh --help" ;;
  esac
done
[ ${#tiers[@]} -gt 0 ] || tiers=(fast)

mirrorme_setup
say "set-up took $SECONDS s"

SECONDS=0
mirrorme_build "${options[@]}" --
say "build took $SECONDS s"

# Tests in OBS measure time, which a machine that is busy with something else spoils: what failed gets one more try, and both outcomes are seen.
run_tier() {  # TIER
  say "tier $1"
  ctest --test-dir build/release --label-regex "^$1\$" --no-tests=error --output-on-failure && return
  say "once more, what has failed"
  ctest --test-dir build/release --label-regex "^$1\$" --rerun-failed --no-tests=error --output-on-failure
}

status=0
for tier in "${tiers[@]}"; do run_tier "$tier" || status=1; done
exit $status
