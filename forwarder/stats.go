package forwarder

import (
	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// Stats is a snapshot of all counters, one entry per queue index.
type Stats struct {
	Workers []WorkerStats `json:"workers"`
}

// WorkerStats is what a worker did for one queue index.
type WorkerStats struct {
	Queue  int            `json:"queue"`
	AToB   DirectionStats `json:"a_to_b"`
	BToA   DirectionStats `json:"b_to_a"`
	Sleeps uint64         `json:"sleeps"` // of the worker, at the first of its indexes: it may serve several
	Moves  uint64         `json:"moves"`  // of the worker from CPU to CPU, as Sleeps (Config.Follow)
}

// DirectionStats counts one direction. A packet is what one read returned, be
// it a superpacket; a segment is a wire-size packet. Everything read is either
// written, dropped or a write error:
//
//	ReadSegments = WrittenSegments + Σ Drops + Σ WriteErrors
type DirectionStats struct {
	ReadPackets      uint64            `json:"read_packets"`
	ReadSuperpackets uint64            `json:"read_superpackets"`
	ReadSegments     uint64            `json:"read_segments"`
	ReadBytes        uint64            `json:"read_bytes"` // without vnet headers
	WrittenPackets   uint64            `json:"written_packets"`
	WrittenSegments  uint64            `json:"written_segments"`
	EmptyReads       uint64            `json:"empty_reads"`   // reads that found nothing
	TakenPackets     uint64            `json:"taken_packets"` // of ReadPackets, those that came through an intake
	IntakeDrops      uint64            `json:"intake_drops"`  // segments that an intake dropped (intake.Ring.Dropped): never read
	Drops            map[string]uint64 `json:"drops"`         // segments, by DropReason
	WriteErrors      map[string]uint64 `json:"write_errors"`  // segments, by errno name
}

// DropReason says why the forwarder did not even try to write a packet.
type DropReason int

// The reasons. Their names appear in Stats and in loss ledgers.
const (
	DropTruncated DropReason = iota // filled the whole read buffer: its end may be missing
	DropRunt                        // nothing behind the vnet header
	dropFaults                      // a superpacket that cannot be split, by offload.Fault

	dropReasons = dropFaults + offload.NumFaults // how many there are
)

// dropFault is the reason of a superpacket whose headers cannot be believed.
func dropFault(f offload.Fault) DropReason { return dropFaults + DropReason(f) }

func (r DropReason) String() string {
	switch {
	case r == DropTruncated:
		return "truncated"
	case r == DropRunt:
		return "runt"
	}
	return "superpacket: " + offload.Fault(r-dropFaults).String()
}

// Total sums all workers and returns one WorkerStats with Queue -1.
func (s Stats) Total() WorkerStats {
	total := WorkerStats{Queue: -1}
	for _, w := range s.Workers {
		total.AToB = total.AToB.combine(w.AToB, add)
		total.BToA = total.BToA.combine(w.BToA, add)
		total.Sleeps += w.Sleeps
		total.Moves += w.Moves
	}
	return total
}

// Sub returns what was counted since prev, an earlier snapshot of the same
// Forwarder.
func (s Stats) Sub(prev Stats) Stats {
	diff := Stats{Workers: make([]WorkerStats, 0, len(s.Workers))}
	for i, w := range s.Workers {
		diff.Workers = append(diff.Workers, WorkerStats{
			Queue:  w.Queue,
			AToB:   w.AToB.combine(prev.Workers[i].AToB, subtract),
			BToA:   w.BToA.combine(prev.Workers[i].BToA, subtract),
			Sleeps: w.Sleeps - prev.Workers[i].Sleeps,
			Moves:  w.Moves - prev.Workers[i].Moves,
		})
	}
	return diff
}

func add(a, b uint64) uint64      { return a + b }
func subtract(a, b uint64) uint64 { return a - b }

// combine applies op to every counter of d and e.
func (d DirectionStats) combine(e DirectionStats, op func(a, b uint64) uint64) DirectionStats {
	return DirectionStats{
		ReadPackets:      op(d.ReadPackets, e.ReadPackets),
		ReadSuperpackets: op(d.ReadSuperpackets, e.ReadSuperpackets),
		ReadSegments:     op(d.ReadSegments, e.ReadSegments),
		ReadBytes:        op(d.ReadBytes, e.ReadBytes),
		WrittenPackets:   op(d.WrittenPackets, e.WrittenPackets),
		WrittenSegments:  op(d.WrittenSegments, e.WrittenSegments),
		EmptyReads:       op(d.EmptyReads, e.EmptyReads),
		TakenPackets:     op(d.TakenPackets, e.TakenPackets),
		IntakeDrops:      op(d.IntakeDrops, e.IntakeDrops),
		Drops:            combineMaps(d.Drops, e.Drops, op),
		WriteErrors:      combineMaps(d.WriteErrors, e.WriteErrors, op),
	}
}

// combineMaps leaves causes out that come to nothing.
func combineMaps(a, b map[string]uint64, op func(a, b uint64) uint64) map[string]uint64 {
	out := map[string]uint64{}
	for _, m := range []map[string]uint64{a, b} {
		for cause := range m {
			if n := op(a[cause], b[cause]); n != 0 {
				out[cause] = n
			}
		}
	}
	return out
}

// errnoName returns "EIO" and the like, or "other" for a number without a name.
func errnoName(errno int) string {
	if name := unix.ErrnoName(unix.Errno(errno)); name != "" {
		return name
	}
	return "other"
}
