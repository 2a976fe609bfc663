# Sourced by the scripts here: where the program is, and names for what it makes.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tunbench=${TUNBENCH:-$root/bin/tunbench}

# build makes the program unless TUNBENCH names one.
build() {
	[[ -n ${TUNBENCH:-} ]] || make -s -C "$root" build
}

# result_file NAME is a path under results/ that tells when, where and what.
result_file() {
	echo "$root/results/$(date -u +%Y%m%dT%H%M%SZ)-$(uname -n)-$1.jsonl"
}
