// Package wire is what a packet of the load looks like: the stamp and the pattern in its
// payload, their sums, and the lengths of its headers. Generators write it, sinks read
// it; the BPF programs of both have the same in ../bpf/stamp.bpf.h.
package wire
