// Package forwarder moves packets between the queues of two TUN or TAP devices:
// what is read from queue i of one goes to queue i of the other.
//
// There is one worker per queue index. It serves both directions on one thread. A round
// writes what the last one read and reads the next batch, of both directions, in one
// exchange of its engine; nothing is under way between two rounds, so engines can change
// from one to the next and order is kept. Nothing is shared between workers, and a flow
// that stays on one queue keeps its order.
//
// What was read becomes outputs: a superpacket passes through unsplit, with the hdr_len
// of its vnet header made right, or as its segments; single packets of one flow are
// coalesced into superpackets as long as that pays. There is no waiting for more of a
// flow: a batch is what the device held, up to Config.Batch. How many packets are asked
// for follows how many came (pace): one that comes alone is on its way at once.
//
// A worker that finds nothing looks again for a short time and then sleeps in ppoll.
// No packet costs an allocation.
//
// # What was tried
//
// Figures are ratios of the new to the old from interleaved runs (tunbench ab, 6 to 12
// rounds, 95 % interval) on a 2-core AMD EPYC virtual machine, Linux 6.18, with size=64
// at maximum load unless it says otherwise; above 1 is faster.
//
//   - io_uring against a system call for each packet: 1.25 where every packet is read and
//     written alone (gro=off), 0.99 (0.98 to 1.01) with coalescing, where hardly any
//     writes are left: 64 reads in one submission cost as much as 64 calls of read, of
//     which the kernel's own share is the same.
//   - Submissions of at most 16, 32, 64 or 128 operations, so that the requests stay in
//     the first-level cache: 0.95, 0.97, 0.98, 1.00. Entering the ring costs more.
//   - Packet memory registered with the ring (IORING_OP_READ_FIXED): 0.96 (0.92 to 0.98),
//     and all of it pinned. Huge pages: 0.99 (0.98 to 1.02).
//   - A batch of 1024 instead of 256: 1.01 (0.98 to 1.04), for four times the memory.
//   - Small superpackets in the linear part of the kernel's buffer (hdr_len is the whole
//     length): 0.99 (0.94 to 1.03).
//   - vnet header and packet as two vectors of readv and writev, against one contiguous
//     buffer through read and write: the latter, 0.91 of the CPU time per packet.
//   - Payload of superpackets aligned to a page, against the packet aligned: 0.95 of the
//     CPU time per segment (size=1400 segs=32), 0.87 (proto=tcp).
//   - sched_yield in the spin loop: no gain (proto=tcp 1.03, no shorter round trip).
//   - Spinning for 0, 5, 20 and 50 µs: round trips of 96, 88, 23 and 16 µs for 18.5, 21.2,
//     14.0 and 12.3 µs of CPU time each (load=pingpong). One way at 100,000 packets/s it is
//     the other way round: 4.4, 7.9 and 9.8 µs of CPU time per packet for 0, 5 and 50 µs,
//     with a median latency of 12, 5 and 2.4 µs. Hence spinPolicy.
//   - Queue lengths from 8 to 1000: no difference to the CPU time of a superpacket. It is
//     not the depth of the ring that makes its memory cold, but that another CPU wrote it.
//   - A reader and a writer thread on two CPUs (ringbuf.SPSC is there for it): not tried.
//     With two CPUs the load needs the second one.
//
// # Where the time goes
//
// By profile (perf, cpu-clock), of the 650 ns that a 64-byte packet of one flow takes:
// 52 % is the kernel's reading of a TUN (a quarter of it the first touch of what the other
// CPU wrote, another quarter freeing it there), 32 % io_uring around it, 6 % writing, the
// receiver included, 7 % this package. Five times wireguard-go's tun package, whose 3 µs
// are measured in the same way, would be 600 ns: out of reach without a cheaper read.
//
// Of the 8.8 µs of a superpacket of 32 segments of 1400 bytes, 30 % is copying it out of
// the kernel, 9 % copying it in, 7 % pages for it, and 27 % the sink of the measurement.
// A TCP stream through the kernel's router is copied twice less; on two CPUs that also
// send and receive it, the router stays ahead, by a fifth with one stream and by more
// than half with four, which overflow the cache with what is under way.
package forwarder
