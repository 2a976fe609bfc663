package traffic

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// Sent is what one Run of a [Sender] offered. Counts are segments.
type Sent struct {
	Start    int64         // CLOCK_MONOTONIC in ns
	Duration time.Duration // the time the load was spread over
	// Intended is how many segments were due, and 0 at maximum load, where the
	// sender intends no more than it can.
	Intended     uint64
	Offered      uint64 // handed to the kernel, which accepted them
	OfferedBytes uint64 // their length as IP packets
	// NotOffered is Intended minus Offered: what the socket refused until it was
	// too late, and what was still due when the time was over.
	NotOffered uint64
	Refused    uint64 // the part of NotOffered that the socket refused
	// Errors counts refused system calls by errno, whether or not the same packet
	// was accepted later. Nil when there were none.
	Errors map[unix.Errno]uint64
	// NextSeq is the sequence number after the last of each flow. A segment that
	// was not offered keeps its number; the next run goes on from here.
	NextSeq []uint64
	// Lateness is send time minus intended time in ns, of every offered segment:
	// the pacing error of the instrument. Nil at maximum load.
	Lateness *hdrhistogram.Histogram
}
