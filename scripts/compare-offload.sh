#!/usr/bin/env bash
# The same load with every offload from none to all, interleaved, in one table.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
	cat <<'TEXT'
usage: compare-offload.sh [KEY=VALUE]... [-n ROUNDS]

  compare-offload.sh                          one TCP stream, 3 rounds
  compare-offload.sh flows=4 duration=3s      four TCP streams
  compare-offload.sh proto=udp size=1400 segs=32 -n 5

It is TCP unless a word says proto=. Words and flags are those of `tunbench run`; see its --help.
TUNBENCH names another program to measure with.
TEXT
}

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
	usage
	exit 0
fi

[[ " $*" == *[\ /]proto=* ]] || set -- proto=tcp "$@"
build
exec "$tunbench" run -o "$(result_file offload)" -n 3 dut=forwarder offload=none,csum,tso,uso,all "$@"
