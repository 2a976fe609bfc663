#!/bin/sh
# Measures one shard of plan 0123456789ab on this host: run, 3 scenarios.
# `tunbench fleet submit` copies it here with the plan and the program, and starts it: sh shard.sh INDEX
# It leaves results/ with the result file, log with what tunbench printed, exit with its exit code.
cd "$(dirname "$0")" || exit 1

# tunbench makes network namespaces and needs root. sudo closes the lock's file, so this script itself runs as root.
if [ "$(id -u)" != 0 ]; then
	sudo -n true >log 2>&1 || { echo $? >exit; exit 1; }
	exec sudo -n sh shard.sh "$@"
fi

# Who holds the lock measures: the kernel releases it when script and program are dead. A look at the shard takes it for a
# moment too.
exec 9>lock
flock -w 5 9 || exit 1
rm -f exit

./tunbench run --plan plan.json --shard "$1/2" --out results >log 2>&1
echo $? >exit.new && mv exit.new exit
