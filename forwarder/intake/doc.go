// Package intake takes packets on their way into a TUN or TAP device and puts them into
// memory that is shared with the program that would have read them.
//
// A packet that is read from a device was put into the device's ring by the CPU that sent
// it, is copied out with a system call by the reader's, and freed there: every line of it
// crosses from one CPU to the other, several times. Here an eBPF program at the device's
// egress hook (TCX) copies the packet, while it is in the sender's cache, into a [Ring],
// and the sender frees it. The reader makes no system call at all.
//
// Before a reader sleeps it arms the ring: the next packet wakes it, and those behind it are
// taken. It does so by passing into the device, or by a bell, a BPF ring buffer that the
// reader waits for as well. That way is less work for all, but the kernel wakes a reader of
// such a buffer in an interrupt of its own. While a ring is closed all packets pass.
//
// What is taken never reaches the device: not its queueing discipline, nor what is attached
// behind the hook, nor tcpdump, nor its counters. A full ring drops, and counts it.
//
// # The protocol
//
// Any CPU may produce, one thread consumes. One word holds the place up to which packets
// are claimed, and the state: closed, open, or armed in either way. In one compare-and-exchange of it a
// producer claims the next descriptor and as many lines of memory as it needs, if the ring
// is open; copies; and publishes the descriptor by writing the packet's number, plus one,
// into it. The consumer takes descriptors in their order for as long as they are
// published, and releases them, with their memory, when it is done with them. A descriptor
// only ever holds numbers that producers wrote, so old content is never taken for new: the
// number is that of an earlier turn.
//
// No packet is forgotten when the consumer sleeps: it arms the ring only if nothing is
// claimed that it has not taken, in one compare-and-exchange again, and from then on the
// first producer opens the ring. It lets its packet pass instead of claiming, or it claims in
// the same exchange and rings the bell. Claims before a ring is closed are taken, there are
// none after it.
//
// # Order
//
// Packets of one sender stay in order if the reader keeps these rules, as package forwarder
// does. What passes into the device is counted (Passed) before, so with the ring open all is
// counted that its packets can follow. The reader reads as many from the device before it
// takes from the ring. When it closes the ring it takes what is left there before it reads the
// device again; when it arms the ring there is nothing left.
//
// Where the device lost some, it cannot wait for them: then it notes the place, reads the
// device until it is empty, and takes up to that place. That is as good unless a queueing
// discipline holds packets back.
//
// A packet that a vnet header cannot describe, such as one with a VLAN tag or with a GSO
// type of a tunnel, closes an open ring: it goes through the device, and so does what follows
// it.
package intake
