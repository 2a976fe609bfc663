// Command tunbench measures TUN/TAP data paths, and is one: see `tunbench --help`.
package main

import (
	"os"

	"tunbench/bench/internal/guest"
)

func main() {
	if guest.IsInit() {
		guest.Init()
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
