// Command tunbench measures TUN/TAP data paths, and is one: see `tunbench --help`.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
