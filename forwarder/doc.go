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
//     that answer each other. There the worker does not spin. The guard fetches one home that does not
//     get the CPU that it tried.
//   - A direction owns the packets on their way from one queue to its pair, whether they were
//     read or come through a ring, and their counters; its pace owns how many are asked for.
//   - sharing owns the state of a worker's rings: open while the worker is awake, armed while
//     it sleeps, and closed in the end.
//   - A side owns the order between the packets of one ring and those that are read from the
//     same device.
//
// What was tried, what it gave, and where the time goes: README.md of this folder.
package forwarder
