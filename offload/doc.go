// Package offload holds the byte work behind TUN/TAP offloads: what a
// virtio_net_hdr says about a packet, and what may be done with it. Bytes in,
// bytes out: nothing here opens an fd, logs or starts a goroutine.
//
// The vocabulary is the kernel's. A superpacket is what the kernel hands over
// with a GSO type in its header; a segment is one wire-size packet of it.
package offload
