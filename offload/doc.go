// Package offload holds the byte work behind TUN/TAP offloads: what a
// virtio_net_hdr says about a packet, and what may be done with it. Bytes in,
// bytes out: nothing here opens an fd, logs or starts a goroutine, and nothing
// allocates per packet.
//
//   - VnetHdr and its longer forms: the header before every packet; Validate
//     finds out whether it lies.
//   - Headers: where the headers of an IP packet are. A Fault is the reason why
//     they cannot be believed.
//   - Sum and VerifyL4: the Internet checksum.
//   - Segmenter: from a superpacket to its segments.
//   - Coalescer: from the packets of a batch to superpackets.
//
// The vocabulary is the kernel's. A superpacket is what the kernel hands over
// with a GSO type in its header; a segment is one wire-size packet of it.
package offload
