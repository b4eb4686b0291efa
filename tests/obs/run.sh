#!/usr/bin/env bash
# The tests of the module in real libobs, and in the real OBS.
#   bash tests/obs/run.sh [--real] [--long] | --sanitize
#   (none)  in libobs: test_obs, a few minutes
#   --real  in OBS itself as well: with the test card, then with the embedded model; pictures and the recordings stay in build/release/obs_real
#   --long  the soaks of both as well: the better part of an hour
#   --sanitize  only the builds with sanitizers: tests/obs/sanitize.sh
# Whoever may (root) gives these tests a higher priority; on a busy machine without it, those that measure time may fail.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=../../cmake/setup.sh
. cmake/setup.sh

[ "${1:-}" != --sanitize ] || exec bash tests/obs/sanitize.sh
tests='^obs\.|^panel$|^structure_(module|panel)_is_lean$' with_obs=yes
for argument in "$@"; do
  case $argument in
    --real) tests+='|^obs_real$|^obs_real_mini$' ;;
    --long) tests+='|^obs_long\.|^obs_real_long$' ;;
    *) die "unknown argument: $argument" "What there is: --real, --long, --sanitize" ;;
  esac
done
mirrorme_setup
mirrorme_build -DMIRRORME_TESTS=ON --
ctest --test-dir build/release --tests-regex "$tests" --no-tests=error --output-on-failure
