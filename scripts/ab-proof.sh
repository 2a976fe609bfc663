#!/usr/bin/env bash
# What are the verdicts of `tunbench ab` worth? The forwarder against itself must not
# differ, and a forwarder slowed by 5 % must be found.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
	cat <<'TEXT'
usage: ab-proof.sh [ALIKE [SLOWED]]

  ab-proof.sh        20 comparisons of each kind, 25 minutes
  ab-proof.sh 2 2    a taste of it

ALIKE comparisons of the forwarder with itself: at most 1 in 20 may have a verdict
other than same or inconclusive. SLOWED comparisons with a forwarder that is slowed by
about 5 %: in at least 19 of 20 forwarded_pps must be worse. Every comparison has a
seed of its own and must end within two minutes.

The records are kept under results/. TUNBENCH names another program to measure with.
TEXT
}

# With a system call for each packet nothing makes up for CPU time that is missing. The
# control is left out: here A and B are each other's.
scenario='size=64 load=max gro=off engine=sync batch=32 duration=150ms warmup=50ms'
handicap=3% # and the switches to what wastes it: 5 % in all, as the table shows
rounds=20
most_seconds=120

case ${1:-} in
-h | --help)
	usage
	exit 0
	;;
esac
alike=${1:-20} slowed=${2:-20}
if (($# > 2)) || ! [[ $alike$slowed =~ ^[0-9]+$ ]]; then
	usage >&2
	exit 2
fi

# verdicts FILE prints metric, ratio, its interval and the verdict of each comparison.
verdicts() {
	sed -nE '/"record":"comparison"/s/.*"metric":"([^"]+)","ratio":([^,]+),"low":([^,]+),"high":([^,]+),.*"verdict":"([^"]+)".*/\1 \2 \3 \4 \5/p' "$1"
}

late=0

# compare KIND SEED WORDS… makes one comparison and shows it. The verdicts are in $found.
compare() {
	local kind=$1 seed=$2 file began=$SECONDS took
	file=$(result_file "ab-proof-$kind-$seed")
	# shellcheck disable=SC2086 # the words are several
	"$tunbench" ab -q --no-calibration --no-control -n "$rounds" --seed "$seed" -o "$file" "${@:3}" $scenario >/dev/null
	took=$((SECONDS - began))
	((took <= most_seconds)) || late=$((late + 1))
	found=$(verdicts "$file")
	awk -v kind="$kind" -v seed="$seed" -v took="$took" '
		$1 == "forwarded_pps" { change = sprintf("%+.2f %% (%+.2f to %+.2f)", 100*($2-1), 100*($3-1), 100*($4-1)) }
		{ all = all "  " $1 " " $5 }
		END { printf "%-7s %4d %5d s  %-28s%s\n", kind, seed, took, change, all }' <<<"$found"
}

build
echo "every comparison: $scenario, at most $rounds rounds"
printf '%-7s %4s %7s  %-28s  %s\n' kind seed time 'forwarded pps, B to A' verdicts
false_alarms=0 missed=0
for ((i = 1; i <= alike || i <= slowed; i++)); do
	if ((i <= alike)); then
		compare alike "$i" a:dut=forwarder b:dut=forwarder
		false_alarms=$((false_alarms + $(grep -cE ' (better|worse)$' <<<"$found" || true)))
	fi
	if ((i <= slowed)); then
		compare slowed "$i" b:handicap="$handicap"
		grep -qE '^forwarded_pps .* worse$' <<<"$found" || missed=$((missed + 1))
	fi
done

echo "$alike alike: $false_alarms verdicts other than same or inconclusive; $slowed slowed by about 5 %: $((slowed - missed)) found worse; $late took over $most_seconds s"
((false_alarms <= (alike + 19) / 20 && missed <= slowed / 20 && late == 0))
