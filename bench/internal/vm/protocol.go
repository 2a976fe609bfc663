package vm

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
)

// serviceName is what the agent's methods are called by: Guest.Join.
const serviceName = "Guest"

// Handle is what the agent calls a thing that it has open.
type Handle int

// None is for methods that take or return nothing.
type None struct{}

// Counters are those of the guest's NIC and IP stack.
type Counters struct {
	Link  testbed.LinkCounters
	Stack testbed.Stack
}

// SinkOrder asks for a sink on the guest's NIC.
type SinkOrder struct {
	Kind   traffic.SinkKind
	Port   uint16
	Flows  int
	Verify bool
	IPv6   bool
}

// SinkBegin begins a load at a sink, by the clock of the load's sender.
type SinkBegin struct {
	Sink  Handle
	Epoch int64
}

// SinkCounts are what a sink counted that needs one clock only.
type SinkCounts struct {
	PerCPU   []sink.CPUCounts
	PerFlow  []sink.FlowCounts
	Overflow uint64
}

// oneClock leaves out what is wrong where the sender has another clock than the sink.
func oneClock(c sink.Counts) SinkCounts {
	for i := range c.PerCPU {
		c.PerCPU[i].NegativeLatency, c.PerCPU[i].ClampedLatency = 0, 0
	}
	return SinkCounts{c.PerCPU, c.PerFlow, c.Overflow}
}

func (c SinkCounts) counts() sink.Counts {
	return sink.Counts{PerCPU: c.PerCPU, PerFlow: c.PerFlow, Overflow: c.Overflow, Latency: histogram.New()}
}

// GeneratorOrder asks for UDP sockets that send.
type GeneratorOrder struct {
	Profile  load.Profile
	Segments int
}

// RunOrder asks a generator for a load.
type RunOrder struct {
	Generator Handle
	Load      load.Load
	Duration  time.Duration
}

// RunReply is what a generator offered, a load.Sent that can travel, and how its run ended.
type RunReply struct {
	Start        int64
	Duration     time.Duration
	Intended     uint64
	Offered      uint64
	OfferedBytes uint64
	NotOffered   uint64
	Refused      uint64
	Errors       map[unix.Errno]uint64
	NextSeq      []uint64
	Lateness     []int64 // counts of its buckets; nil: none
	Error        string
}

func newRunReply(s load.Sent, err error) RunReply {
	r := RunReply{
		Start: s.Start, Duration: s.Duration, Intended: s.Intended, Offered: s.Offered, OfferedBytes: s.OfferedBytes,
		NotOffered: s.NotOffered, Refused: s.Refused, Errors: s.Errors, NextSeq: s.NextSeq,
	}
	if s.Lateness != nil {
		r.Lateness = s.Lateness.Export().Counts
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

func (r RunReply) result() (load.Sent, error) {
	s := load.Sent{
		Start: r.Start, Duration: r.Duration, Intended: r.Intended, Offered: r.Offered, OfferedBytes: r.OfferedBytes,
		NotOffered: r.NotOffered, Refused: r.Refused, Errors: r.Errors, NextSeq: r.NextSeq,
	}
	if r.Lateness != nil {
		s.Lateness = histogram.Import(r.Lateness)
	}
	if r.Error != "" {
		return s, errors.New(r.Error)
	}
	return s, nil
}

// EchoOrder asks for something that answers each packet of one client.
type EchoOrder struct{ Server, Client netip.AddrPort }

// StreamsOrder asks for the receiving or the sending end of TCP streams.
type StreamsOrder struct {
	Addr    netip.AddrPort // of the receiving end
	Streams int
	CC      string
}

// What the agent cannot do on the guest's kernel begins with cannot, and comes back as an error of that meaning: net/rpc carries texts.
const cannot = "cannot: "

func encodeError(err error) error {
	if host.Cannot(err) {
		return errors.New(cannot + err.Error())
	}
	return err
}

// cannotError is something that the guest's kernel lacks.
type cannotError struct{ text string }

func (e *cannotError) Error() string { return e.text }

func (e *cannotError) Is(target error) bool { return target == host.ErrCannot }

func decodeError(err error) error {
	if text, is := strings.CutPrefix(err.Error(), cannot); is {
		return &cannotError{"in the guest: " + text}
	}
	if err.Error() == os.ErrClosed.Error() {
		return os.ErrClosed
	}
	return err
}
