package main

import (
	"runtime"
	"strings"

	"tunbench/bench/internal/host"
)

// versionText is what --version says: the module's version and the commit, as far as the toolchain stamped them into this program, and
// what it was built with and for.
func versionText() string {
	version, commit := host.Build()
	if version == "" {
		version = "(unknown)"
	}
	return strings.Join(strings.Fields(version+" "+commit+" "+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH), " ")
}
