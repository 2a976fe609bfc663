// Package steer chooses the queue of a multi-queue TUN or TAP device for every packet
// that the kernel sends into it, with an eBPF program (TUNSETSTEERINGEBPF).
//
// With any program attached the driver also stops to hash what is written to the device
// and to remember it by flow, which makes writes cheaper (tun_get_user in
// drivers/net/tun.c).
package steer
