package independent

import (
	"encoding/json"
	"fmt"
	"time"
)

// Iperf3Result is what iperf3 counted after its warm-up.
type Iperf3Result struct {
	Duration time.Duration // by the clock of the receiver
	Bytes    uint64        // of payload, received

	// Of TCP; Segments is Bytes in full segments.
	Retransmits, Segments uint64
	RTT                   time.Duration // the mean of the streams

	// Of UDP: packets.
	Sent, Received, Reordered uint64
	SendDuration              time.Duration
}

// iperf3Error is why iperf3 failed, as it says itself.
type iperf3Error struct{ words string }

func (e *iperf3Error) Error() string { return e.words }

// iperf3Report is what is used of the report of iperf3 --json (iperf_json_finish in iperf_api.c, reporter_callback).
type iperf3Report struct {
	Error string `json:"error"`
	Start struct {
		MSS uint64 `json:"tcp_mss_default"`
	} `json:"start"`
	End struct {
		Sent     *iperf3Sum `json:"sum_sent"`
		Received *iperf3Sum `json:"sum_received"`
		Streams  []struct {
			Sender *struct {
				MeanRTT int64 `json:"mean_rtt"` // µs
			} `json:"sender"`
			UDP *struct {
				OutOfOrder uint64 `json:"out_of_order"`
			} `json:"udp"`
		} `json:"streams"`
	} `json:"end"`
}

type iperf3Sum struct {
	Seconds     float64 `json:"seconds"`
	Bytes       uint64  `json:"bytes"`
	Retransmits uint64  `json:"retransmits"`
	Packets     uint64  `json:"packets"`
}

func (s iperf3Sum) duration() time.Duration { return time.Duration(s.Seconds * float64(time.Second)) }

// parseIperf3 reads the report of a client. payload is that of UDP packets, 0 for TCP.
func parseIperf3(text string, payload int) (Iperf3Result, error) {
	var r iperf3Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Iperf3Result{}, fmt.Errorf("read its report: %w: %s", err, lastLines(text))
	}
	switch {
	case r.Error != "":
		return Iperf3Result{}, &iperf3Error{r.Error}
	case r.End.Sent == nil || r.End.Received == nil:
		return Iperf3Result{}, fmt.Errorf("read its report: it has no sums of what was sent and received: %s", lastLines(text))
	case r.End.Received.Bytes == 0 || r.End.Received.Seconds <= 0:
		return Iperf3Result{}, fmt.Errorf("nothing arrives in %.1f s", r.End.Sent.Seconds)
	}
	res := Iperf3Result{Duration: r.End.Received.duration(), Bytes: r.End.Received.Bytes, Retransmits: r.End.Sent.Retransmits}
	if payload > 0 {
		res.Sent, res.SendDuration = r.End.Sent.Packets, r.End.Sent.duration()
		// What it says of lost packets leaves out those behind the last that arrived.
		res.Received = r.End.Received.Bytes / uint64(payload)
	}
	if r.Start.MSS > 0 {
		res.Segments = (res.Bytes + r.Start.MSS - 1) / r.Start.MSS
	}
	for _, s := range r.End.Streams {
		if s.Sender != nil {
			res.RTT += time.Duration(s.Sender.MeanRTT) * time.Microsecond / time.Duration(len(r.End.Streams))
		}
		if s.UDP != nil {
			res.Reordered += s.UDP.OutOfOrder
		}
	}
	return res, nil
}
