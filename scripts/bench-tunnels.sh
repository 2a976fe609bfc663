#!/usr/bin/env bash
# Tunnels against each other: one Markdown table. The records are kept under results/.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
	cat <<'TEXT'
usage: bench-tunnels.sh [TUNNEL]...

  bench-tunnels.sh                         all tunnels that can run here, about ten minutes
  bench-tunnels.sh plain wireguard-go      some of them
  ROUNDS=15 bench-tunnels.sh               more rounds than 5
  DURATION=5s bench-tunnels.sh             longer trials than 1s

For each load all tunnels are measured in one `tunbench run`, in turns, so that
whatever else the machine does meets all of them alike. A figure is the median of
the rounds. A tunnel that this host lacks is left out, and said.
TUNBENCH names another program to measure with.

Tunnels:
TEXT
	tunnels
}

rounds=${ROUNDS:-5}
duration=${DURATION:-1s}

# name | scenario, as one word
tunnels() {
	cat <<'ROWS'
openvpn-aes       | topo=tunnel/dut=openvpn/cipher=aes-256-gcm
openvpn-chacha    | topo=tunnel/dut=openvpn/cipher=chacha20-poly1305
openvpn-none      | topo=tunnel/dut=openvpn/cipher=none
wireguard-go      | topo=tunnel/dut=wireguard-go/wgtun=own
wireguard-queues  | topo=tunnel/dut=wireguard-go/wgtun=queues
wireguard-fork    | topo=tunnel/dut=wireguard-go/wgtun=fork
wireguard-fork-q2 | topo=tunnel/dut=wireguard-go/wgtun=multiqueue/queues=2
nebula            | topo=tunnel/dut=nebula
plain             | topo=tunnel/dut=plain
vxlan             | topo=tunnel/dut=vxlan
ipip              | topo=tunnel/dut=ipip
gre               | topo=tunnel/dut=gre
wireguard         | topo=tunnel/dut=wireguard
ROWS
}

# loads are what each is measured with: name | words
loads() {
	cat <<'ROWS'
tcp      | proto=tcp flows=1,4
udp      | size=64,1400
pingpong | load=pingpong
ROWS
}

choose tunnel "$(tunnels | cut -d' ' -f1)" "$@"
build

# able NAME SCENARIO says whether the tunnel can be measured here: it tries the shortest trial.
able() {
	local why status=0
	why=$("$tunbench" run -n 1 "$2" proto=tcp duration=100ms warmup=0s 2>&1 >/dev/null) || status=$?
	if ((status == 2 || status == 5)); then # it does not know the tunnel, or this host lacks it
		echo "left out: $1: $(tail -n 1 <<<"$why")" >&2
		return 1
	fi
}

names=() scenarios=()
while IFS='|' read -r name scenario; do
	name=${name// /} scenario=${scenario// /}
	[[ $# == 0 || " $* " == *" $name "* ]] || continue
	if able "$name" "$scenario"; then
		names+=("$name") scenarios+=("$scenario")
	fi
done < <(tunnels)
if ((${#names[@]} == 0)); then
	echo "no tunnel can run here" >&2
	exit 5
fi

failed=0
files=()
while IFS='|' read -r load words; do
	file=$(result_file "tunnels-${load// /}")
	# shellcheck disable=SC2086 # the words are several
	"$tunbench" run -n "$rounds" -o "$file" "${scenarios[@]}" $words duration="$duration" >/dev/null || failed=1
	files+=("$file")
done < <(loads)

echo "$(date -u +%F), $(uname -n), Linux $(uname -r), $(nproc) CPUs, medians of $rounds rounds"
echo
# Of each trial the columns that the table needs, whatever their order in the file.
for file in "${files[@]}"; do "$tunbench" report --format csv "$file"; done |
	awk -F, -v names="${names[*]}" -v scenarios="${scenarios[*]}" '
function median(list,   v, n, i, j, t) {
	n = split(list, v, " ")
	if (!n) return ""
	for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j-1]+0 > v[j]+0; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
	return n % 2 ? v[(n+1)/2] : (v[n/2] + v[n/2+1]) / 2
}
function value(settings, key,   p, q) { # of a scenario name
	p = index("/" settings, "/" key "=")
	if (!p) return ""
	q = substr(settings, p + length(key) + 1)
	sub("/.*", "", q)
	return q
}
function same(settings, wanted,   w, n, i) {
	n = split(wanted, w, "/")
	for (i = 1; i <= n; i++) if (index("/" settings "/", "/" w[i] "/") == 0) return 0
	return 1
}
function put(key, x) { if (x != "") all[key] = all[key] " " x }
function show(key, divisor, digits,   m) { m = median(all[key]); return m == "" ? "–" : sprintf("%." digits "f", m / divisor) }
function owner(settings,   i) {
	for (i = 1; i <= count; i++) if (same(settings, scenario[i])) return name[i]
	return ""
}
BEGIN { count = split(names, name, " "); split(scenarios, scenario, " ") }
$1 == "scenario" { for (i = 1; i <= NF; i++) column[$i] = i; next }
$column["error"] != "" || $column["interrupted"] == "true" { next }
{
	who = owner($1)
	if (who == "") next
	if (value($1, "load") == "pingpong") put(who "/rtt", $column["round_trip_ns.p50"])
	else if (value($1, "proto") == "tcp") {
		put(who "/tcp" value($1, "flows"), $column["throughput_bps"])
		if (value($1, "flows") == 1) {
			put(who "/a", $column["tunnel.a_ns_per_byte"])
			put(who "/b", $column["tunnel.b_ns_per_byte"])
		}
	} else {
		put(who "/udp" value($1, "size"), $column["forwarded_pps"])
		if (value($1, "size") == 1400) put(who "/added", $column["tunnel.overhead_bytes_per_packet"])
	}
}
END {
	print "| tunnel | TCP 1 stream, Gbit/s | TCP 4 streams, Gbit/s | UDP 64 B, kpps | UDP 1400 B, kpps | ping-pong p50, µs | CPU of end A, ns/byte | CPU of end B, ns/byte | added on the wire, bytes/packet |"
	print "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
	for (i = 1; i <= count; i++) {
		who = name[i]
		printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", who, show(who "/tcp1", 1e9, 2), show(who "/tcp4", 1e9, 2),
			show(who "/udp64", 1e3, 1), show(who "/udp1400", 1e3, 1), show(who "/rtt", 1e3, 1), show(who "/a", 1, 2), show(who "/b", 1, 2), show(who "/added", 1, 1)
	}
}'
echo
echo "CPU of an end: run time of its program per byte of payload, one TCP stream; the kernel's tunnels have no program."
echo "Added on the wire: bytes by which a 1400-byte packet was longer on the physical link, as counted there, from IP packet to IP packet."
exit "$failed"
