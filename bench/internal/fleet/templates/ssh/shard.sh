#!/bin/sh
# Measures one shard of plan {{.Hash}} on this host{{with .What}}: {{.}}{{end}}.
# `tunbench fleet submit` copies it here with the plan and the program, and starts it: sh shard.sh INDEX
# It leaves results/ with the result file, log with what tunbench printed, exit with its exit code.
cd "$(dirname "$0")" || exit 1

{{if .Sudo}}# tunbench makes network namespaces and needs root. sudo closes the lock's file, so this script itself runs as root.
if [ "$(id -u)" != 0 ]; then
	sudo -n true >log 2>&1 || { echo $? >exit; exit 1; }
	exec sudo -n sh shard.sh "$@"
fi

{{end}}# Who holds the lock measures: the kernel releases it when script and program are dead. A look at the shard takes it for a
# moment too.
exec 9>lock
flock -w 5 9 || exit 1
rm -f exit

{{if not .Sudo}}# tunbench makes network namespaces and needs root; render with --sudo if you do not come in as root.
{{end}}./tunbench run --plan plan.json --shard "$1/{{.Shards}}" --out results >log 2>&1
echo $? >exit.new && mv exit.new exit
