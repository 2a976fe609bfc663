// Package forwarder moves packets between the queues of two TUN or TAP devices:
// what is read from queue i of one goes to queue i of the other.
//
// There is one worker per queue index. It serves both directions on one thread
// and runs to completion: read a packet, write it, up to a batch, then turn to
// the other direction. Nothing is shared between workers, and a flow that the
// kernel keeps on one queue keeps its order. A superpacket is passed through
// unsplit; the only field changed on the way is the hdr_len of its vnet header.
//
// A worker that finds nothing looks again for a short time (Config.Spin) and
// then sleeps in ppoll. No packet costs an allocation.
//
// # What was tried
//
// Figures are ratios of medians over interleaved runs of 1 s (ABBA, 5 to 8
// rounds) on a 2-core AMD EPYC virtual machine, Linux 6.18, with `tunbench run`
// and the settings named.
//
//   - vnet header and packet as two vectors of readv and writev, against one
//     contiguous buffer through read and write: the latter, 0.91 of the CPU time
//     per packet (size=64). With readv and writev of one vector: 0.98.
//   - Payload aligned to a page, against the packet aligned: 0.95 of the CPU time
//     per segment (size=1400 segs=32), 0.87 (proto=tcp).
//   - sched_yield in the spin loop, so that other threads get the CPU meanwhile:
//     no gain (proto=tcp 1.03, no shorter round trip).
//   - Spinning for 0, 5, 20, 50, 100 µs: round trips of 119, 106, 56, 31, 29 µs
//     (load=pingpong); a TCP stream was as fast with each.
//   - Queue lengths from 8 to 1000 made no difference to the CPU time of a
//     superpacket: it is not the depth of the ring that makes its memory cold, but
//     that another CPU wrote it.
//
// What is left of a TCP superpacket's 20 µs is, by profile: 22 % copying it out of
// the kernel, 23 % copying it in again, 18 % the receiver's TCP inside the write.
package forwarder
