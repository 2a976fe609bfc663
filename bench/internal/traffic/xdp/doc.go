// Package xdp is the in-kernel generator: an XDP program, generator.bpf.c, and what loads
// it, gives it its task and reads what came of it.
package xdp
