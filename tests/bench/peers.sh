#!/usr/bin/env bash
# Speed of the transformer's blocks and of the autoencoder's decoder at full width on the CPU against diffusers' eager classes: the same random weights, the same
# inputs, one thread each, processor time, in turns (A B A B ...). Prints a table of ratios; above 1 is faster than the peer.
#   bash tests/bench/peers.sh [--rounds N] [--runs N] [--only transformer|vae-decode] [--tokens N,N] [--bf16]
#   --rounds N   turns of each (5)
#   --runs N     runs of a turn after one that does not count (2)
#   --bf16       bfloat16, too: processors without instructions for it take minutes
# Needs a built program (build/release/bin/mirrorme or $MIRRORME_BINARY) and PyPI: the peers go into a throw-away environment, or into
# $MIRRORME_PEERS, which is kept. Ends with 1 when a median ratio is below 0.95.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case " $* " in *" --help "* | *" -h "*) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;; esac
OMP_NUM_THREADS=1 MIRRORME_PEERS_SCRIPT=$here/peers.py exec bash "$here/../golden/parity.sh" "$@"
