# Sourced by the scripts here: where the program is, and names for what it makes.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tunbench=${TUNBENCH:-$root/bin/tunbench}

# build makes the program unless TUNBENCH names one. Root makes none in the tree of somebody else.
build() {
	[[ -n ${TUNBENCH:-} ]] || make -s -C "$root" program || exit 1
}

# result_file NAME is a path under results/ that tells when, where and what.
result_file() {
	echo "$root/results/$(date -u +%Y%m%dT%H%M%SZ)-$(uname -n)-$1.jsonl"
}

# choose WHAT KNOWN [NAME]... prints usage for -h or --help, and refuses names that are not in the lines of KNOWN.
choose() {
	local what=$1 known=$2 name
	shift 2
	case ${1:-} in
	-h | --help)
		usage
		exit 0
		;;
	esac
	for name in "$@"; do
		grep -qx -- "$name" <<<"$known" || {
			echo "no $what $name, want some of:" $known >&2
			exit 2
		}
	done
}
