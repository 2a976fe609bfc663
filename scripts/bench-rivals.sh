#!/usr/bin/env bash
# The forwarder against its rivals under every kind of load, and against itself: ratios
# with their spread over the rounds. The records are kept under results/.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
	cat <<'TEXT'
usage: bench-rivals.sh [PART]...

  bench-rivals.sh                 all parts, half an hour
  bench-rivals.sh tap ndr-pdr     some of them
  ROUNDS=20 bench-rivals.sh       more rounds than 7

The programs of bench/examples are built first, which needs their compilers; one that
cannot be built is left out and said, and the exit code is 1.
TUNBENCH names another program to measure with.

Parts:
  rivals           every program and the router, each under thirteen loads, in turns
  tap              TAP devices, which not all programs take
  udp-unmergeable  the forwarder without coalescing against itself, where there is nothing to coalesce
  tun-or-tap       the forwarder on TAP devices against itself on TUN devices
  queues-8         8 queues against one, at 100,000 packets/s
  scaling          1, 2, 4 and 8 queues under few and many flows: rates, and latency when paced
  ndr-pdr          rates without loss (NDR) and with 0.5 % (PDR), against wireguard-go
TEXT
}

parts() { usage | sed -n '/^Parts:/,$s/^  \([a-z0-9-]*\) .*/\1/p'; }

rounds=${ROUNDS:-7}

# wanted PART says whether it was asked for.
wanted() { ((!${#asked[@]})) || [[ " ${asked[*]} " == *" $1 "* ]]; }

# examples DIR... adds the programs that can be built to the words of run, and their names to those of dut.
examples() {
	local name folder
	for name in "$@"; do
		folder=$root/bench/examples/$name
		if [[ -e $folder/Makefile ]] && ! make -s -C "$folder" >&2; then
			echo "$name: could not be built (see above), and is left out" >&2
			failed=1
			continue
		fi
		programs+=(--program "$folder/program.yaml")
		duts+=,$(sed -n 's/^name: //p' "$folder/program.yaml")
	done
}

# against NAME WORD... measures and shows the forwarder against all others.
against() {
	local file
	file=$(result_file "$1")
	"$tunbench" run -n "$rounds" "${@:2}" -o "$file" >/dev/null || failed=1
	"$tunbench" report --against dut=forwarder "$file" || failed=1
}

# itself NAME WORD... compares two arms of the forwarder.
itself() {
	local file
	file=$(result_file "rivals-$1")
	"$tunbench" ab -n "$rounds" --min-rounds "$rounds" --no-control -o "$file" "${@:2}" || failed=1
}

# search finds NDR and PDR of both, in turns: the ratios of first to first and second to second.
search() {
	local turn=0 dut file goal
	local -A bounds=()
	for dut in forwarder wireguard-go wireguard-go forwarder; do
		file=$(result_file "rivals-ndr-pdr-$turn-$dut")
		turn=$((turn + 1))
		"$tunbench" search --latency=false -o "$file" dut="$dut" size=64 >/dev/null || failed=1
		for goal in NDR PDR; do
			bounds[$goal-$dut]+=" $(bound "$file" "$goal")"
		done
	done
	for goal in NDR PDR; do
		[[ $(wc -w <<<"${bounds[$goal-forwarder]}${bounds[$goal-wireguard-go]}") == 4 ]] || {
			echo "$goal: not measured"
			continue
		}
		# shellcheck disable=SC2086
		echo "$goal: $(ratios ${bounds[$goal-forwarder]} ${bounds[$goal-wireguard-go]}) times" \
			"wireguard-go's, pps:${bounds[$goal-forwarder]} against${bounds[$goal-wireguard-go]}"
	done
}

# bound FILE GOAL prints the load that a search found, nothing if it found none.
bound() {
	grep '"record":"search"' "$1" | grep -o "\"name\":\"$2\"[^}]*" |
		sed -nE 's/.*"relevant_lower_bound_pps":([0-9]+).*/\1/p' || true
}

# ratios A1 A2 B1 B2 prints the lesser and the greater of A1/B1 and A2/B2.
ratios() {
	awk '$4 { x = $1 / $3; y = $2 / $4; printf "%.3g to %.3g", x < y ? x : y, x < y ? y : x }' <<<"$*"
}

choose part "$(parts)" "$@"
asked=("$@")
build
failed=0
if wanted rivals; then
	duts=forwarder programs=()
	examples c nebula tpacket
	against rivals --preset rivals --no-calibration "${programs[@]}" "dut=$duts,wireguard-go,netpoll,route" intake=off,auto
fi
if wanted tap; then
	duts=forwarder programs=()
	examples c
	against rivals-tap "${programs[@]}" dut="$duts,netpoll" dev=tap size=64 verify=off
fi
if wanted udp-unmergeable; then
	itself udp-unmergeable a:gro=off b:gro=auto flows=1000 order=interleaved size=64x1+90x1+150x1+260x1+420x1+700x1+1100x1+1400x1 verify=off
fi
if wanted queues-8; then
	itself queues-8 a:queues=1 b:queues=8 size=64 flows=64 load=100k
fi
if wanted tun-or-tap; then
	for words in size=64 "size=64 flows=64" "size=1400 segs=32 verify=off" proto=tcp "size=64 load=100k" load=pingpong; do
		# shellcheck disable=SC2086
		itself "tun-or-tap-${words//[ =]/-}" a:dev=tun b:dev=tap $words
	done
fi
if wanted scaling; then
	for words in "size=64 flows=1,16,64 load=max,200k" "proto=tcp flows=1,4,16"; do
		file=$(result_file "rivals-scaling-${words%%=*}")
		# shellcheck disable=SC2086
		"$tunbench" run -n "$rounds" queues=1,2,4,8 $words -o "$file" || failed=1
	done
fi
if wanted ndr-pdr; then
	search
fi
exit "$failed"
