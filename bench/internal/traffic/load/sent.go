package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// Sent is what one Run of a [Generator] offered. Counts are segments.
type Sent struct {
	Start    int64         // CLOCK_MONOTONIC in ns
	Duration time.Duration // the time the load was spread over
	// Intended is how many segments were due, and 0 at maximum load, where the
	// generator intends no more than it can.
	Intended     uint64
	Offered      uint64 // handed to the kernel, which accepted them
	OfferedBytes uint64 // their length as IP packets; of an xdp.Generator with those refused
	// NotOffered is Intended minus Offered: what was refused until it was too late,
	// and what was still due when the time was over.
	NotOffered uint64
	// Refused is the part of NotOffered that the socket refused. Of an xdp.Generator it is
	// what the device could not take for a reason that lasts, which ends the run.
	Refused uint64
	// Errors counts refusals by errno: of a socket.Sender refused system calls, whether
	// or not the same packet was accepted later; of an xdp.Generator refused frames. Nil when
	// there were none.
	Errors map[unix.Errno]uint64
	// RingDropped is the part of Offered that an xdp.Generator redirected into a device whose
	// ring was full. It takes the place of the device's tx_dropped, see xdp.Generator.
	RingDropped uint64
	// Restarts is how often the run of an xdp.Generator was begun again, because the kernel
	// ended it before its time or a CPU quota allows short ones only: each is a pause of
	// some 25 ms, in which nothing was sent.
	Restarts int
	// NextSeq is the sequence number after the last of each flow. A segment that
	// was not offered keeps its number; the next run goes on from here.
	NextSeq []uint64
	// Lateness is send time minus intended time in ns, of every offered segment:
	// the pacing error of the instrument. Nil at maximum load. The send time of a
	// socket.Sender is the start of the system call that sends; that of an xdp.Generator is
	// the first reading of the clock after the packet was received on lo and routed, or
	// given to the device's ring, so it includes that work.
	Lateness *hdrhistogram.Histogram
}
