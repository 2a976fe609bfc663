#!/usr/bin/env bash
# Measure a preset or a scenario between a pair of network namespaces and keep
# the records under results/, named after date and host.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
	cat <<'TEXT'
usage: run-netns-pair.sh PRESET [KEY=VALUE]...
       run-netns-pair.sh KEY=VALUE... | SCENARIO

  run-netns-pair.sh smoke
  run-netns-pair.sh dut=forwarder,route proto=tcp flows=4 -n 5

Words and flags are those of `tunbench run`; see its --help.
TUNBENCH names another program to measure with.
TEXT
}

case ${1:-} in
'')
	usage >&2
	exit 2
	;;
-h | --help)
	usage
	exit 0
	;;
esac

build
if [[ $1 == *=* || $1 == -* ]]; then
	exec "$tunbench" run -o "$(result_file scenario)" "$@"
fi
exec "$tunbench" run --preset "$1" -o "$(result_file "$1")" "${@:2}"
