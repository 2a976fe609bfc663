// Package intake takes packets on their way into a TUN or TAP device and puts them into
// memory that is shared with the program that would have read them.
//
// A packet that is read from a device was put into the device's ring by the CPU that sent
// it, is copied out with a system call by the reader's, and freed there: every line of it
// crosses from one CPU to the other, several times. Here an eBPF program at the device's
// egress hook (TCX) copies the packet, while it is in the sender's cache, into a [Ring],
// and the sender frees it. The reader makes no system call at all.
//
// What is taken never reaches the device: not its queueing discipline, nor filters attached
// behind the hook, nor those that the driver itself was given (TUNSETFILTEREBPF), nor tcpdump, nor
// its counters. [Skipped] names what somebody has set up there, but for the driver's, of which
// nobody can ask. A full ring drops, and counts it; so does a device without a carrier.
//
// # The protocol
//
// Any CPU may produce, one thread consumes. One word of a ring holds the place up to which
// packets are claimed, and the state: closed, young, open or armed. In one
// compare-and-exchange of it a producer claims the next descriptor and as many lines of memory
// as it needs, unless the ring is closed; copies; and publishes the descriptor by writing the
// packet's number, plus one, into it. The consumer takes descriptors in their order for as long
// as they are published, and releases them, with their memory, when it is done with them. A
// descriptor only ever holds numbers that producers wrote, so old content is never taken for
// new: the number is that of an earlier turn.
//
// Before the consumer sleeps it arms the ring, in one compare-and-exchange that fails if
// anything is claimed that it has not taken. The first producer opens an armed ring with its
// claim, and rings a bell (a BPF ring buffer) that the consumer waits for. So the consumer is
// woken by a packet that it has, never by one that something may still drop. If the kernel
// cannot ring, the producer arms the ring again, and the next packet rings.
//
// A ring is opened once, and is young until the consumer has read what passed into the device
// before: until it was empty once, or has given as many packets as it can hold (Open, Fence,
// Settle). It is closed once, by anybody, when it is no longer young: then packets pass into the
// device. If the kernel fails to ring and nothing else is sent, the consumer finds the packet
// within a second.
//
// # Order
//
// Some packets go through the device although the ring is open: those that a vnet header cannot
// describe (with a VLAN tag, with a GSO type of a tunnel), and superpackets that the kernel
// would check first and perhaps mend or drop, for they come from a virtual machine or a packet
// socket. From then on all packets between the same two addresses go through the device, for
// good. Nothing needs to be known about what the device does with them: it may lose them, split
// them or add others.
//
// So a flow changes its way at most once, from the ring to the device, and the consumer keeps
// its order by one rule: before it forwards packets that it has read from the device, it forwards
// all that were claimed by then. While a ring is young, and the rule would be of no use, packets
// that it cannot take are dropped. A packet that the kernel's own queueing discipline still holds
// back when the ring has settled, which takes a CPU that had no time for it since before the ring
// was opened, can come behind one that follows it: once, at the start.
//
// TestModel visits every state that two senders, a ring, a device that loses, splits and adds
// packets, the bell and the consumer can be in.
package intake
