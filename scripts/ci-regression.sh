#!/usr/bin/env bash
# Did the working copy become slower than where it branched off? For any CI.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

usage() {
	cat <<'TEXT'
usage: ci-regression.sh [--against BRANCH] [--out FOLDER] [--tolerate-inconclusive] [GATE FLAG | KEY=VALUE]...

  ci-regression.sh                                       against origin/main, or main
  ci-regression.sh --against origin/release --out gate   summary and records in ./gate
  ci-regression.sh -- --thresholds gate.yaml size=64     the rest is for `tunbench gate`

Builds the working copy and its merge base with BRANCH, compares them with
`tunbench gate`, and leaves gate.md, gate.xml and gate.jsonl in FOLDER (default: a
new one under results/). Exit codes are those of the gate: 0 not slower; 1 failure, also
of the candidate where its baseline does not fail; 3 slower, or nothing comes through;
4 inconclusive (0 with --tolerate-inconclusive, which is for a machine too noisy to
decide and forgives nothing else); 5 cannot measure here. Needs root, git with the
history up to the merge base, and Go: make build, then sudo env "PATH=$PATH" …
TUNBENCH names another program as the candidate.
TEXT
}

# wrong MESSAGE ends with how it is used.
wrong() {
	echo "ci-regression.sh: $1" >&2
	usage >&2
	exit 2
}

# default_branch is what a branch usually branches off.
default_branch() {
	if git -C "$root" rev-parse --verify --quiet origin/main >/dev/null; then
		echo origin/main
	else
		echo main
	fi
}

against='' out='' tolerate=no
while (($#)); do
	case $1 in
	-h | --help)
		usage
		exit 0
		;;
	--against | --out)
		[[ -n ${2:-} ]] || wrong "$1 wants a value"
		if [[ $1 == --out ]]; then out=$2; else against=$2; fi
		shift 2
		;;
	--tolerate-inconclusive)
		tolerate=yes
		shift
		;;
	--)
		shift
		break
		;;
	*) break ;;
	esac
done

# The checkout may belong to another user than root, and git would refuse.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$root

against=${against:-$(default_branch)}
base=$(git -C "$root" merge-base HEAD "$against") ||
	wrong "no merge base of HEAD with $against: is it fetched, with its history?"
if git -C "$root" diff --quiet "$base"; then
	echo "nothing changed since $against (${base:0:12}): nothing to compare"
	exit 0
fi

out=${out:-$(result_file gate)}
out=${out%.jsonl}
mkdir -p "$out"
out=$(cd "$out" && pwd)
build
cd "$root"
code=0
"$tunbench" gate --baseline "git:$base" -o "$out/gate.jsonl" --markdown "$out/gate.md" --junit "$out/gate.xml" "$@" || code=$?
if [[ $code == 4 && $tolerate == yes ]]; then
	echo "inconclusive, which is tolerated here" >&2
	code=0
fi
exit "$code"
