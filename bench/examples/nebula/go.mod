module tunbench/examples/nebula

go 1.27.3

require (
	github.com/slackhq/nebula v1.12.0
	golang.org/x/sys v0.49.0
)

require (
	golang.org/x/net v0.61.0 // indirect
	gvisor.dev/gvisor v0.0.0-20261014193016-04d31b385980 // indirect
)

// The version that nebula names is not to be had from every module proxy. Only the checksum for CPUs without AVX2 is taken from it.
replace gvisor.dev/gvisor => gvisor.dev/gvisor v0.0.0-20250503011706-39ed1f5ac29c
