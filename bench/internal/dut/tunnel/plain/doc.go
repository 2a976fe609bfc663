// Package plain is one end of our own tunnel: between the queues of a TUN or TAP device and a UDP socket for each.
// Every UDP packet carries one inner packet (or frame) as it is, complete with its checksum, and fits the physical
// link: a superpacket is taken apart into its segments before. What saves time changes nothing of that:
//
//   - UDP_SEGMENT hands neighbours of one length to the kernel as one UDP superpacket;
//   - UDP_GRO takes such a run from the kernel in one piece;
//   - and inner packets that belong together are coalesced into a superpacket before the device gets them.
package plain
