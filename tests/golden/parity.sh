#!/usr/bin/env bash
# Every published class that this program follows, at random sizes with random weights, against the program: the peer's weights are written as its
# publisher does, imported with `mirrorme import`, run with `mirrorme forward`, and compared.
#   bash tests/golden/parity.sh [--cases N] [--seed N] [--only KIND] [--keep DIR] [--golden DIR]
#   --cases N    of each kind (20)
#   --seed N     of the first case (1); case i of one seed is always the same
#   --only KIND  one kind alone
#   --keep DIR   leave files there, for a look at what disagrees
#   --golden DIR write the small cases that tests/stages/test_published.cpp reads, and nothing else
# Needs a built program (build/release/bin/mirrorme or $MIRRORME_BINARY) and PyPI: the peers go into a throw-away environment, or into
# $MIRRORME_PEERS, which is kept. Ends with a table; fails when one case is off.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=(torch==2.11.0 diffusers==0.42.1 transformers==5.23.0 safetensors numpy)

case " $* " in *" --help "* | *" -h "*) sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;; esac
binary=${MIRRORME_BINARY:-$here/../../build/release/bin/mirrorme}
[ -x "$binary" ] || { echo "parity.sh: $binary is not there. Build it first: bash cmake/test.sh, or set MIRRORME_BINARY." >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
venv=${MIRRORME_PEERS:-$folder/venv}
if [ ! -x "$venv/bin/python" ]; then
  echo "installing ${peers[*]} into $venv" >&2
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet "${peers[@]}"
fi
MIRRORME_BINARY=$binary HF_HUB_OFFLINE=1 "$venv/bin/python" "${MIRRORME_PEERS_SCRIPT:-$here/parity.py}" --work "$folder/work" "$@"
