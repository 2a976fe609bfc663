#!/usr/bin/env bash
# The forwarder against its rivals, and against itself: one ratio per kind of work,
# with its spread over the rounds. The records are kept under results/.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
	cat <<'TEXT'
usage: bench-rivals.sh [ROW]...

  bench-rivals.sh                    all rows, eighteen minutes
  bench-rivals.sh udp-64 pingpong    some of them
  ROUNDS=20 bench-rivals.sh          more rounds than 7

A row is measured by `tunbench ab`, ndr-pdr by `tunbench search`. Programs of
bench/examples are built first, which needs their compilers; a row whose program
cannot be built is left out, and said.
TUNBENCH names another program to measure with.

Rows:
TEXT
	rows
}

rounds=${ROUNDS:-7}

# name | metrics, with what the ratio B/A shall reach, if anything | words of `tunbench ab`
# All packets are read from the devices, as the rivals do, but for the rows named intake. The
# sizes and flows of udp-unmergeable leave no two packets in a batch to coalesce. At
# maximum load the sink, which works inside the writes of whoever forwards, looks at the
# stamps only (verify=off).
rows() {
	cat <<'ROWS'
udp-64          | forwarded_pps cpu.machine_ns_per_packet          | a:dut=wireguard-go size=64 verify=off
udp-64-flows    | forwarded_pps                                    | a:dut=wireguard-go size=64 flows=64 order=interleaved verify=off
udp-1400        | forwarded_pps                                    | a:dut=wireguard-go size=1400 verify=off
udp-gso         | forwarded_pps                                    | a:dut=wireguard-go size=1400 segs=32
tcp-1-route     | throughput_bps                                   | a:dut=route proto=tcp
tcp-4-route     | throughput_bps                                   | a:dut=route proto=tcp flows=4
tcp-1           | throughput_bps                                   | a:dut=wireguard-go proto=tcp
udp-unmergeable | forwarded_pps>=0.97                              | a:gro=off b:gro=auto flows=1000 order=interleaved size=64x1+90x1+150x1+260x1+420x1+700x1+1100x1+1400x1 verify=off
pingpong        | round_trip_ns.p50 round_trip_ns.p99              | a:dut=wireguard-go load=pingpong
udp-300k        | latency_ns.p50 latency_ns.p99                    | a:dut=wireguard-go size=64 load=300k
udp-100k-cpu    | cpu.dut_ns_per_packet                            | a:dut=wireguard-go size=64 load=100k
queues-8-cpu    | cpu.dut_ns_per_packet                            | a:queues=1 b:queues=8 size=64 flows=64 load=100k
ndr-pdr         | NDR PDR                                          | size=64
nebula-64       | forwarded_pps cpu.dut_ns_per_packet              | --program bench/examples/nebula/program.yaml a:dut=nebula size=64 verify=off
nebula-gso      | forwarded_pps cpu.dut_ns_per_packet              | --program bench/examples/nebula/program.yaml a:dut=nebula size=1400 segs=32
nebula-tcp-1    | throughput_bps                                   | --program bench/examples/nebula/program.yaml a:dut=nebula proto=tcp
nebula-pingpong | round_trip_ns.p50                                | --program bench/examples/nebula/program.yaml a:dut=nebula load=pingpong
c-64            | forwarded_pps cpu.dut_ns_per_packet              | --program bench/examples/c/program.yaml a:dut=c-forwarder size=64 verify=off
c-tcp-1         | throughput_bps                                   | --program bench/examples/c/program.yaml a:dut=c-forwarder proto=tcp
tpacket-64      | forwarded_pps cpu.dut_ns_per_packet              | --program bench/examples/tpacket/program.yaml a:dut=tpacket size=64 verify=off
python-64       | forwarded_pps                                    | --program bench/examples/python/program.yaml a:dut=python-forwarder size=64 verify=off
intake-64       | forwarded_pps>=5 cpu.machine_ns_per_packet       | a:dut=wireguard-go b:intake=auto size=64 verify=off
intake-64-flows | forwarded_pps>=3                                 | a:dut=wireguard-go b:intake=auto size=64 flows=64 order=interleaved verify=off
intake-1400     | forwarded_pps>=5                                 | a:dut=wireguard-go b:intake=auto size=1400 verify=off
intake-gso      | forwarded_pps>=3                                 | a:dut=wireguard-go b:intake=auto size=1400 segs=32
intake-tcp-1    | throughput_bps>=1.5                              | a:dut=wireguard-go b:intake=auto proto=tcp
intake-pingpong | round_trip_ns.p50<=0.5 round_trip_ns.p99<=0.6    | a:dut=wireguard-go b:intake=auto load=pingpong
intake-300k     | latency_ns.p50<=0.5 latency_ns.p99<=0.05         | a:dut=wireguard-go b:intake=auto size=64 load=300k
intake-100k-cpu | cpu.dut_ns_per_packet<=0.5                       | a:dut=wireguard-go b:intake=auto size=64 load=100k
ROWS
}

# show ROW METRIC NOTE RATIO LOW HIGH ROUNDS, the last four absent where there are none.
show() {
	printf '%-16s %-25s %7s %7s %7s %7s  %s\n' "$1" "$2" "${4:-–}" "${5:-–}" "${6:-–}" "${7:-–}" "$3"
}

# built WORDS builds the example that they name, if any.
built() {
	local folder
	folder=$(sed -nE 's|.*--program (bench/examples/[a-z]+)/.*|\1|p' <<<"$1")
	[[ -z $folder || ! -e $root/$folder/Makefile ]] || make -s -C "$root/$folder" >&2
}

# compare ROW METRICS WORDS measures one row and shows each metric.
compare() {
	local row=$1 metrics=$2 words=$3 file wanted metric note
	file=$(result_file "rivals-$row")
	# shellcheck disable=SC2086 # the words are several
	"$tunbench" ab -n "$rounds" --min-rounds "$rounds" --no-control -o "$file" b:dut=forwarder ${words//bench\/examples/$root/bench/examples} >/dev/null || failed=1
	for wanted in $metrics; do
		metric=${wanted%%[<>]*}
		note=${wanted#"$metric"}
		# shellcheck disable=SC2046 # so are the figures
		show "$row" "$metric" "${note:+want $note}" $(ratio "$file" "$metric")
	done
}

# ratio FILE METRIC prints B/A, its interval and the rounds of a comparison record.
ratio() {
	local figures='"ratio":([^,}]+),"low":([^,}]+),"high":([^,}]+),.*"rounds":([0-9]+)'
	sed -nE "/\"record\":\"comparison\"/s/.*\"metric\":\"$2\",$figures.*/\1 \2 \3 \4/p" "$1" |
		awk '{ printf "%.3g %.3g %.3g %d", $1, $2, $3, $4 }'
}

# search ROW WORDS finds NDR and PDR of both, in turns: the ratios of first to first
# and second to second.
search() {
	local row=$1 words=$2 turn=0 dut file goal
	local -A bounds=()
	for dut in forwarder wireguard-go wireguard-go forwarder; do
		file=$(result_file "rivals-$row-$turn-$dut")
		turn=$((turn + 1))
		# shellcheck disable=SC2086
		"$tunbench" search --latency=false -o "$file" dut="$dut" $words >/dev/null || failed=1
		for goal in NDR PDR; do
			bounds[$goal-$dut]+=" $(bound "$file" "$goal")"
		done
	done
	for goal in NDR PDR; do
		# shellcheck disable=SC2046,SC2086
		show "$row" "$goal" "pps:${bounds[$goal-forwarder]} against${bounds[$goal-wireguard-go]}" \
			$(ratios ${bounds[$goal-forwarder]} ${bounds[$goal-wireguard-go]})
	done
}

# bound FILE GOAL prints the load that a search found, nothing if it found none.
bound() {
	grep '"record":"search"' "$1" | grep -o "\"name\":\"$2\"[^}]*" |
		sed -nE 's/.*"relevant_lower_bound_pps":([0-9]+).*/\1/p'
}

# ratios A1 A2 B1 B2 prints what ratio does, nothing if a bound is missing.
ratios() {
	awk '$4 { x = $1 / $3; y = $2 / $4; printf "%.3g %.3g %.3g 2", (x + y) / 2, x < y ? x : y, x < y ? y : x }' <<<"$*"
}

choose row "$(rows | cut -d' ' -f1)" "$@"
build
failed=0
show row metric '' ratio low high rounds
while IFS='|' read -r row metrics words; do
	row=${row// /}
	[[ $# == 0 || " $* " == *" $row "* ]] || continue
	if ! built "$words"; then
		echo "$row: its program could not be built (see above)"
		failed=1
	elif [[ $row == ndr-pdr ]]; then
		search "$row" "$words"
	else
		compare "$row" "$metrics" "$words"
	fi
done < <(rows)
exit "$failed"
