package sink

import (
	"github.com/HdrHistogram/hdrhistogram-go"

	"tunbench/bench/internal/traffic/histogram"
)

// Counts is what a [Sink] has seen. Fields count segments, except where they
// say otherwise.
type Counts struct {
	PerCPU  []CPUCounts // index: the CPU that received; of a socket one, its thread
	PerFlow []FlowCounts
	// Latency is receive time minus intended send time in ns, one value for every
	// segment, duplicates included.
	Latency *hdrhistogram.Histogram
	// Overflow counts what the kernel dropped at the socket because its buffer was
	// full, or because a checksum was wrong: it keeps one count of both (SO_RXQ_OVFL).
	// 0 for other kinds, which have no queue of their own.
	Overflow uint64
}

// CPUCounts is what one CPU received.
type CPUCounts struct {
	Skbs         uint64 // packets with segments of ours: superpackets count once
	Superpackets uint64 // those with more than one segment
	Segments     uint64 // those of ours and of the present load, duplicates included
	Bytes        uint64 // their length as IP packets on the wire
	// Corrupt counts segments to our port that are damaged: the sum of the stamp is
	// wrong, the lengths in the headers contradict each other or the packet, a
	// superpacket ends in less than a stamp, and with Config.Verify also where the
	// sum of the payload or a checksum is wrong. No flow counts them: who knows whose
	// they were.
	Corrupt uint64
	// Foreign counts segments to our port that are whole but none of ours: of an
	// unknown flow, too short for a stamp, in a superpacket that begins with another
	// flow, or a whole superpacket, as one, where the kind cannot open it (XDP).
	Foreign uint64
	// Earlier counts segments of ours that were meant to be sent before the present
	// load began, see Sink.Begin: they came late. No flow and no latency has them.
	Earlier uint64
	// NegativeLatency counts segments that came before their intended time; they
	// are in the histogram as 0.
	NegativeLatency uint64
	// ClampedLatency counts segments later than 17 s, beyond the histogram; they
	// are in it as its highest value.
	ClampedLatency uint64
}

// FlowCounts is what one flow delivered. Unique, Duplicates and TooOld together
// are its segments.
type FlowCounts struct {
	Unique     uint64 // the first arrival of each sequence number
	Duplicates uint64
	// Reordered counts unique segments that came after one with a higher sequence
	// number (RFC 4737, section 3.3).
	Reordered uint64
	// TooOld counts segments so far behind (at least 4033 sequence numbers) that
	// they may be duplicates or not.
	TooOld uint64
	// NextSeq is the highest sequence number seen plus one, and 0 before the first.
	// It is a state, not a count: Sub leaves it.
	NextSeq uint64
}

// Total returns the sum over all CPUs.
func (c Counts) Total() CPUCounts {
	var t CPUCounts
	for _, cpu := range c.PerCPU {
		t.Skbs += cpu.Skbs
		t.Superpackets += cpu.Superpackets
		t.Segments += cpu.Segments
		t.Bytes += cpu.Bytes
		t.Corrupt += cpu.Corrupt
		t.Foreign += cpu.Foreign
		t.Earlier += cpu.Earlier
		t.NegativeLatency += cpu.NegativeLatency
		t.ClampedLatency += cpu.ClampedLatency
	}
	return t
}

// Flows returns the sum over all flows. Its NextSeq is 0, as flows share none.
func (c Counts) Flows() FlowCounts {
	var t FlowCounts
	for _, f := range c.PerFlow {
		t.Unique += f.Unique
		t.Duplicates += f.Duplicates
		t.Reordered += f.Reordered
		t.TooOld += f.TooOld
	}
	return t
}

// Sub returns what came after prev, an earlier reading of the same sink.
func (c Counts) Sub(prev Counts) Counts {
	d := Counts{
		PerCPU:   make([]CPUCounts, len(c.PerCPU)),
		PerFlow:  make([]FlowCounts, len(c.PerFlow)),
		Overflow: c.Overflow - prev.Overflow,
	}
	for i := range c.PerCPU {
		d.PerCPU[i] = c.PerCPU[i].Sub(prev.PerCPU[i])
	}
	for i := range c.PerFlow {
		d.PerFlow[i] = c.PerFlow[i].sub(prev.PerFlow[i])
	}
	counts, old := c.Latency.Export().Counts, prev.Latency.Export().Counts
	for i := range counts {
		counts[i] -= old[i]
	}
	d.Latency = histogram.Import(counts)
	return d
}

// Sub returns what came after prev, an earlier reading of the same CPU.
func (c CPUCounts) Sub(prev CPUCounts) CPUCounts {
	return CPUCounts{
		Skbs:            c.Skbs - prev.Skbs,
		Superpackets:    c.Superpackets - prev.Superpackets,
		Segments:        c.Segments - prev.Segments,
		Bytes:           c.Bytes - prev.Bytes,
		Corrupt:         c.Corrupt - prev.Corrupt,
		Foreign:         c.Foreign - prev.Foreign,
		Earlier:         c.Earlier - prev.Earlier,
		NegativeLatency: c.NegativeLatency - prev.NegativeLatency,
		ClampedLatency:  c.ClampedLatency - prev.ClampedLatency,
	}
}

func (f FlowCounts) sub(prev FlowCounts) FlowCounts {
	return FlowCounts{
		Unique:     f.Unique - prev.Unique,
		Duplicates: f.Duplicates - prev.Duplicates,
		Reordered:  f.Reordered - prev.Reordered,
		TooOld:     f.TooOld - prev.TooOld,
		NextSeq:    f.NextSeq,
	}
}
