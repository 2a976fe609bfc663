package results

import (
	"maps"
	"slices"
)

// Metric is a figure of a trial, named by its path in the trial record.
type Metric string

// Metrics that tables ask for by name; [Metrics] has all.
const (
	MetricIntended    Metric = "intended_pps"
	MetricOffered     Metric = "offered_pps"
	MetricForwarded   Metric = "forwarded_pps"
	MetricLoss        Metric = "loss_ratio"
	MetricDelivered   Metric = "delivered_ratio" // 1 - loss_ratio, not in the record
	MetricThroughput  Metric = "throughput_bps"
	MetricDUTCost     Metric = "cpu.dut_ns_per_packet"
	MetricMachineCost Metric = "cpu.machine_ns_per_packet"
	MetricEndA        Metric = "tunnel.a_ns_per_packet"
	MetricEndB        Metric = "tunnel.b_ns_per_packet"
	MetricOverhead    Metric = "tunnel.overhead_bytes_per_packet"
	MetricSteal       Metric = "cpu.steal_ratio"
	MetricTesterMax   Metric = "tester_max_pps"
)

// Latency is the metric of a percentile of the one-way latency: "p50", "p90", "p99", "p999", "p9999" or "max".
func Latency(percentile string) Metric { return Metric("latency_ns." + percentile) }

// RoundTrip is the metric of a percentile of the round trip; percentiles as for [Latency].
func RoundTrip(percentile string) Metric { return Metric("round_trip_ns." + percentile) }

// Metrics returns every figure that the trial has. What does not apply is missing.
func Metrics(t Trial) map[Metric]float64 { return figuresOf(t).present() }

// MetricNames is the name of every figure that a trial can have, sorted.
func MetricNames() []Metric {
	empty := &Distribution{}
	whole := Trial{
		Traffic: Traffic{LatencyNs: empty, RoundTripNs: empty},
		CPU:     &CPU{}, TCP: &TCP{}, Tunnel: &Tunnel{}, Sender: &Sender{LatenessNs: empty}, Sink: &Sink{},
	}
	return slices.Sorted(maps.Keys(figuresOf(whole)))
}

// MoreIsBetter says whether a larger figure is the better one: of what was brought through, not of losses, times and costs.
func (m Metric) MoreIsBetter() bool {
	switch m {
	case MetricIntended, MetricOffered, MetricForwarded, MetricDelivered, MetricThroughput, MetricTesterMax:
		return true
	}
	return false
}

// figuresOf is the figures of the parts that a trial has.
func figuresOf(t Trial) metrics {
	m := metrics{
		MetricForwarded: t.ForwardedPps, MetricIntended: t.IntendedPps, MetricOffered: t.OfferedPps,
		MetricLoss: t.LossRatio, MetricThroughput: t.ThroughputBps, MetricTesterMax: t.TesterMaxPps,
	}
	m[MetricDelivered] = complement(t.LossRatio)
	m.addDistribution("latency_ns", t.LatencyNs)
	m.addDistribution("round_trip_ns", t.RoundTripNs)
	if c := t.CPU; c != nil {
		m[MetricDUTCost], m[MetricMachineCost], m[MetricSteal] = c.DUTNsPerPacket, c.MachineNsPerPacket, c.StealRatio
		m["cpu.dut_busiest_ratio"], m["cpu.distance_ns"] = c.DUTBusiestRatio, c.DistanceNs
		m["cpu.dut_busy_ratio"], m["cpu.user_ratio"] = c.DUTBusyRatio, c.UserRatio
		m["cpu.system_ratio"], m["cpu.softirq_ratio"] = c.SystemRatio, c.SoftirqRatio
		m["cpu.dut_user_ns_per_packet"], m["cpu.dut_system_ns_per_packet"] = c.DUTUserNsPerPacket, c.DUTSystemNsPerPacket
		m["cpu.dut_switches_per_packet"], m["cpu.dut_syscalls_per_packet"] = c.DUTSwitchesPerPacket, c.DUTSyscallsPerPacket
	}
	if tunnel := t.Tunnel; tunnel != nil {
		m[MetricEndA], m[MetricEndB], m[MetricOverhead] = tunnel.ANsPerPacket, tunnel.BNsPerPacket, tunnel.OverheadBytesPerPacket
		m["tunnel.a_ns_per_byte"], m["tunnel.b_ns_per_byte"] = tunnel.ANsPerByte, tunnel.BNsPerByte
		m["tunnel.a_busy_ratio"], m["tunnel.b_busy_ratio"] = tunnel.ABusyRatio, tunnel.BBusyRatio
		m["tunnel.link_packets_per_packet"] = tunnel.LinkPacketsPerPacket
	}
	if tcp := t.TCP; tcp != nil {
		m["tcp.rtt_us"] = tcp.RTTUs
		m.addCount("tcp.retransmits", tcp.Retransmits)
	}
	m["intake_ratio"] = t.IntakeRatio
	m.addCount("superpackets", t.Superpackets)
	m.addCount("duplicated", t.Duplicated)
	m.addCount("reordered", t.Reordered)
	m.addCount("corrupt", t.Corrupt)
	if t.Sender != nil {
		m.addDistribution("sender.lateness_ns", t.Sender.LatenessNs)
	}
	if t.Sink != nil {
		m.addCount("sink.early_packets", t.Sink.EarlyPackets)
		m.addCount("sink.clamped_packets", t.Sink.ClampedPackets)
	}
	return m
}

// complement is what is missing to 1.
func complement(share *float64) *float64 {
	if share == nil {
		return nil
	}
	return new(1 - *share)
}

// metrics holds figures that may be absent.
type metrics map[Metric]*float64

func (m metrics) addCount(name Metric, count *int64) {
	m[name] = nil
	if count != nil {
		m[name] = new(float64(*count))
	}
}

func (m metrics) addDistribution(name Metric, d *Distribution) {
	if d == nil {
		return
	}
	for suffix, ns := range map[Metric]int64{
		"min": d.Min, "p50": d.P50, "p90": d.P90, "p99": d.P99, "p999": d.P999, "p9999": d.P9999, "max": d.Max,
	} {
		m[name+"."+suffix] = new(float64(ns))
	}
	m[name+".mean"] = &d.Mean
}

func (m metrics) present() map[Metric]float64 {
	out := make(map[Metric]float64, len(m))
	for name, value := range m {
		if value != nil {
			out[name] = *value
		}
	}
	return out
}
