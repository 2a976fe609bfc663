// Package forwarder moves packets between the queues of two TUN or TAP devices:
// what is read from queue i of one goes to queue i of the other.
//
// There is one worker per queue index, or where there are more of those than CPUs one per
// CPU, each with several. It serves both directions on one thread. A round writes what the
// last one read and reads the next batch, of all directions, in one exchange of its engine;
// nothing is under way between two rounds, so engines can change from one to the next and
// order is kept. Nothing is shared between workers, and a flow
// that stays on one queue keeps its order.
//
// What was read becomes outputs: a superpacket passes through unsplit, with the hdr_len
// of its vnet header made right, or as its segments; single packets of one flow are
// coalesced into superpackets as long as that pays. There is no waiting for more of a
// flow: a batch is what the device held. How many packets are asked for follows how many
// came (pace): one that comes alone is on its way at once, and more than 256 are taken
// only where they are of many flows and none come through a ring.
//
// Where the caller gives it rings of package intake, one for each worker and device, packets
// come through memory shared with the kernel and are never read. Small ones are copied to
// where there is room to coalesce others behind them, long ones are written from where they
// lie. Before it sleeps a worker arms its rings: the next packet rings a bell.
//
// A direction whose device had less than it was asked for is left alone until the poller
// (epoll) says that there is more. A worker that finds nothing looks again for a short time
// and then sleeps.
// No packet costs an allocation.
//
// # Who owns what
//
//   - A worker owns a thread, the queues that it serves, and the order of what is done in a
//     round.
//   - looks owns when the worker looks at its devices, spinPolicy how long it looks again
//     before it sleeps.
//   - place owns which CPU the worker is on, follower the choice: home, or beside the sender of packets
//     that answer each other. There the worker does not spin.
//   - A direction owns the packets on their way from one queue to its pair, whether they were
//     read or come through a ring, and their counters; its pace owns how many are asked for.
//   - sharing owns the state of a worker's rings: open while the worker is awake, armed while
//     it sleeps, and closed in the end.
//   - A side owns the order between the packets of one ring and those that are read from the
//     same device.
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
//   - A batch of 1024 instead of 256: 1.01 (0.98 to 1.04) with one flow, 1.36 (1.32 to 1.38)
//     with 64 interleaved flows (1.21 in another hour), 1.18 (1.12 to 1.31) with 16: hence
//     pace.most.
//   - At most 1, 2, 4 or 8 superpackets in memory instead of 16, so that they stay in the
//     second-level cache: CPU time per packet 1.06, 1.06, 1.08, 1.02 (proto=tcp).
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
//   - A reader and a writer thread on two CPUs, four batches between them: 0.65 (0.60 to
//     0.69), 0.88 with superpackets, 0.71 with one TCP stream, 0.63 without coalescing. The
//     second CPU has the load to make, and takes what the first has in its caches.
//   - NAPI for what is written (IFF_NAPI): 1.00 (0.96 to 1.18), 0.94 with superpackets, 0.83
//     with one TCP stream, 0.71 without coalescing, and round trips 1.32 times as long.
//     Threaded NAPI takes 22 to 44 % of the CPU time out of this process and gives it to a
//     kernel thread: 0.98, 0.94, 0.96, 1.04 (0.98 to 1.09), round trips 1.76 times as long.
//     Neither is an option any more.
//   - Steering by hash against the kernel's own choice, two queues, 64 flows: 1.02 (0.99 to
//     1.06), CPU time 0.96 (0.94 to 0.99), four TCP streams 1.04 (0.95 to 1.11). By CPU all
//     of one sender is on one queue: hash is 2.3 times that.
//   - The ring from 16 reads or 4 writes on, instead of from 4 of either, and no read where
//     ppoll saw nothing: CPU time per packet 0.94 (0.92 to 0.97) at 100,000 packets/s.
//   - Short sleeps without the Go scheduler (poller.nap): at 10,000 packets/s 1.0 switches
//     of threads per packet instead of 1.7, and a p90 of 26 µs instead of 44.
//   - No bound for the spin where packets follow each other within 4.5 µs, and no look at
//     the side that sends nothing but one in eight: at 300,000 packets/s a median of 2.0 µs instead
//     of 2.5, a p90 of 2.4 instead of 30, a p99 of 54 instead of 178; with the naps and the
//     fewer reads, CPU time per packet 0.87 (0.85 to 0.89) at 100,000 packets/s.
//   - epoll instead of ppoll, and no read of a device that epoll does not name: CPU time per
//     packet 0.96 (0.95 to 0.98) at 100,000 packets/s, throughput 1.21 (1.19 to 1.34) with
//     one TCP stream whose packets are read, 1.05 (0.98 to 1.22) otherwise.
//   - No spin after streams slower than 9 µs, instead of 2 µs: CPU time per packet 0.93 (0.89
//     to 0.93) at 100,000 packets/s, median 1.05. At 200,000 it would be 0.69, but the median
//     2.3 times as long.
//   - 8 queues on 2 CPUs with two workers instead of eight: 1.62 (1.58 to 1.66) with 64 flows.
//     With one worker, and the other CPU for the sender, a packet at 100,000/s takes 1.15
//     times the CPU time that it takes with one queue; with eight workers 1.57 times, and a
//     p99 of 2.5 ms instead of 0.25.
//   - To leave it to epoll to find more after fewer than four packets: CPU time 0.99, and 1.19
//     times the median at 500,000 packets/s.
//   - Intake rings against reads: 1.35 (1.29 to 1.40) times the packets per second with one
//     flow, 1.66 (1.54 to 2.39) with 64, 1.74 (1.73 to 1.75) of 1400 bytes, 1.32 (1.30 to
//     1.35) with superpackets, 1.52 with 1000 flows and sizes that cannot be coalesced. CPU
//     time of the whole machine per packet, the senders' part included: 0.74, 0.60, 0.57,
//     0.76, 0.66. The generator, which no longer frees what another CPU has touched, can offer
//     more too, and is the limit with one flow.
//   - Rings that stay open while the worker sleeps, instead of closed: CPU time per packet 0.83
//     (0.81 to 0.85) at 100,000 packets/s, with half of the system calls, and a median of 0.92;
//     0.99 to 1.01 at maximum load and with TCP. And one ring for all queues of a worker,
//     instead of one for each: 8 queues take 1.05 (1.04 to 1.08) times the CPU time of one at
//     100,000 packets/s, instead of 1.13.
//   - A bell to wake the worker, instead of the first packet in the device: CPU time per packet
//     0.81 (0.78 to 0.85) at 100,000 packets/s, of the whole machine 0.91 (0.85 to 0.96), but a
//     median of 1.43 times as long, 13.6 µs; 0.90 at 20,000, where the median is 1.18 times as
//     long. Ringing it takes an interrupt that the CPU sends to itself, which in a virtual
//     machine is the hypervisor's. It is the only way all the same: a packet that the device
//     loses wakes nobody.
//   - One timer for all naps instead of a timeout of each: CPU time per packet 0.93 (0.91 to
//     0.94) at 100,000 packets/s.
//   - Memory of 1, 2, 4 and 8 MiB for the packets of a ring, one TCP stream: 0.66, 0.83, 1,
//     0.96; four streams: –, 1.04, 1, 0.92.
//   - Batches of 256 instead of 1024 packets of a ring, 64 flows: 0.99 (0.98 to 1.01), for half
//     of the memory (32.3 MiB resident with two queues, 64 flows both ways).
//   - At most 4 or 64 superpackets of a ring in a batch, instead of 16: 0.97, 0.98 (proto=tcp).
//   - A quarter of the ring for UDP superpackets: with size=1400 segs=32 1.05 (1.03 to 1.07)
//     where the CPUs are far from each other (below), 0.97 (0.96 to 0.98) where they are not, and
//     a quarter of the latency under overload. But UDP would starve beside a TCP stream, which
//     fills more, and a CPU that stands still for 100 µs would cost packets.
//   - To fetch a superpacket into the cache right before it is written (PREFETCHT0): 1.06
//     (1.00 to 1.27) where they are far, 0.98 where they are not; the one behind it as well:
//     0.93. By plain loads: 0.95.
//
// # Where the time goes
//
// Without intakes, by profile (perf, cpu-clock), of the 650 ns that a 64-byte packet of one
// flow takes: 52 % is the kernel's reading of a TUN (a quarter of it the first touch of what the other
// CPU wrote, another quarter freeing it there), 32 % io_uring around it, 6 % writing, the
// receiver included, 7 % this package. There is no cheaper way to read, so intakes do
// without.
//
// Of the 8.8 µs of a superpacket of 32 segments of 1400 bytes, 30 % is copying it out of
// the kernel, 9 % copying it in, 7 % pages for it, and 27 % the sink of the measurement.
// With intakes the first of these is the sender's, and the second depends on how far apart the
// CPUs are. On the machine of these figures, whose virtual CPUs wander, a cache line goes from
// one to the other and back in 85 ns or in 400, for seconds to minutes: 7.7 or 5.2 million
// segments/s, and the copy is 15 or 45 % of the worker's time.
//
// A TCP stream through the kernel's router is copied twice less. On two CPUs that also send
// and receive, the forwarder still keeps up with it with one stream, whose CPUs are not full.
// Four streams fill both CPUs either way: a segment takes 254 ns of CPU time of the whole
// machine with the router, 454 with the forwarder, and 219 with a veth pair, which forwards
// nothing. The 35 ns between veth and router are 1.6 µs for a superpacket of 64 KiB, and no
// program that reads and writes a TUN can do with so little: its two copies alone take 1.6 µs
// out of a cache that both CPUs share, 2.0 µs where there are 62 superpackets
// in turn, and more where the CPUs are far. So it has 0.44 of the router's throughput; with two
// queues, and a worker on each CPU, 0.54 (0.49 to 0.58). Of the two CPUs the worker's is full,
// for senders and receivers run there too, and the other one is idle for a fifth of the time;
// a higher priority for the worker only has it spin more: 0.95 to 1.02.
//
// A 64 KiB superpacket takes 7 µs of this process with the receiver on the same CPU and 15 µs
// with the receiver on the other one: the pages of the next packet are then in that CPU's cache.
// Shorter queues (txqlen=8 to 256) do not help.
package forwarder
