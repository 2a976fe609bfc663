#!/bin/sh
# Measures one shard of plan {{.Hash}} on this host{{with .What}}: {{.}}{{end}}.
# `tunbench fleet submit` copies it here with the plan and the program, and starts it: sh shard.sh INDEX
# It leaves results/ with the result file, log with what tunbench printed, exit with its exit code.
cd "$(dirname "$0")" || exit 1

# Who holds the lock measures: the kernel releases it when script and program are dead.
exec 9>lock
flock -n 9 || exit 1
rm -f exit

# tunbench makes network namespaces and needs root{{if .Sudo}}, hence sudo{{else}}; render with --sudo if you do not come in as root{{end}}.
{{if .Sudo}}sudo -n {{end}}./tunbench run --plan plan.json --shard "$1/{{.Shards}}" --out results >log 2>&1
echo $? >exit.new && mv exit.new exit
