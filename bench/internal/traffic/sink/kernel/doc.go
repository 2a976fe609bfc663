// Package kernel has the sinks that are eBPF programs: at the ingress of a device by TCX
// or clsact, and in its driver by XDP. The programs are one, sink.bpf.h, with another
// head: tcx.bpf.c, xdp.bpf.c.
package kernel
