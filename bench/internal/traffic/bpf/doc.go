// Package bpf is what the eBPF programs of generators, sinks and the counter of drops
// share: how they are loaded and attached, what is said where the kernel cannot do it,
// and the C headers that several of them include (*.bpf.h).
package bpf
