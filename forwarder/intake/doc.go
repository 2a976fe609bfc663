// Package intake takes packets on their way into a TUN or TAP device and puts them into
// memory that is shared with the program that would have read them.
//
// A packet that is read from a device was put into the device's ring by the CPU that sent
// it, is copied out with a system call by the reader's, and freed there: every line of it
// crosses from one CPU to the other, several times. Here an eBPF program at the device's
// egress hook (TCX) copies the packet, while it is in the sender's cache, into a [Ring],
// and the sender frees it. The reader makes no system call at all.
//
// While a ring is closed the program lets packets pass into the device, whose fd wakes
// the reader. So a reader opens a ring while packets come in runs, and closes it before it
// sleeps.
//
// What is taken never reaches the device: not its queueing discipline, nor what is attached
// behind the hook, nor tcpdump, nor its counters. A full ring drops, and counts it.
//
// # The protocol
//
// Any CPU may produce, one thread consumes. A producer claims the next descriptor and as
// many lines of memory as it needs, in one compare-and-exchange of the place up to which
// both are claimed; copies; and publishes the descriptor by writing the packet's number,
// plus one, into it. The consumer takes descriptors in their order for as long as they
// are published, and releases them, with their memory, when it is done with them. A
// descriptor only ever holds numbers that producers wrote, so old content is never taken
// for new: the number is that of an earlier turn.
//
// Between close and sleep no packet may be forgotten. The consumer writes "closed" and
// then reads the place of the claims; a producer writes its claim and then reads whether
// the ring is open. All of these are fully ordered: the consumer sees the claim, and waits
// for it, or the producer sees that the ring is closed, publishes nothing in its place,
// and lets the packet pass into the device.
//
// # Order
//
// Packets of one sender stay in order if the reader keeps this rule, as package forwarder
// does: what passed into the device before the ring was opened was sent before what the
// ring holds, and is counted (Passed). So it reads as many from the device before it takes
// from the ring. Where the device lost some, it cannot wait for them: then it notes the place
// of the ring (Mark), reads the device until it is empty, and takes up to that place. That
// is as good unless a queueing discipline holds packets back. Before it reads the device
// again with the ring closed, it empties the ring.
//
// A packet that a vnet header cannot describe, such as one with a VLAN tag or with a GSO
// type of a tunnel, closes the ring: it goes through the device, and so does what follows
// it.
package intake
