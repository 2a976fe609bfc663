package kernel

import (
	"errors"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/cilium/ebpf"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/sink"
)

// flowsPerRead is how many flows one system call copies.
const flowsPerRead = 4096

func readCounts(maps *sinkTCXMaps) (c sink.Counts, err error) {
	if c.PerCPU, err = readCPUs(maps.Cpus); err != nil {
		return sink.Counts{}, err
	}
	if c.Latency, err = readLatency(maps.Latency); err != nil {
		return sink.Counts{}, err
	}
	if c.PerFlow, err = readFlows(maps.Flows); err != nil {
		return sink.Counts{}, err
	}
	return c, nil
}

func readCPUs(m *ebpf.Map) ([]sink.CPUCounts, error) {
	var perCPU []sinkTCXCpuCounts
	if err := m.Lookup(uint32(0), &perCPU); err != nil {
		return nil, fmt.Errorf("read sink's CPUs: %w", err)
	}
	counts := make([]sink.CPUCounts, len(perCPU))
	for i, cpu := range perCPU {
		counts[i] = sink.CPUCounts{
			Skbs:            cpu.Skbs,
			Superpackets:    cpu.Superpackets,
			Segments:        cpu.Segments,
			Bytes:           cpu.Bytes,
			Corrupt:         cpu.Corrupt,
			Foreign:         cpu.Foreign,
			Earlier:         cpu.Earlier,
			NegativeLatency: cpu.NegativeLatency,
			ClampedLatency:  cpu.ClampedLatency,
		}
	}
	return counts, nil
}

func readLatency(m *ebpf.Map) (*hdrhistogram.Histogram, error) {
	var perCPU []sinkTCXLatencies
	if err := m.Lookup(uint32(0), &perCPU); err != nil {
		return nil, fmt.Errorf("read sink's latency: %w", err)
	}
	sum := make([]int64, len(sinkTCXLatencies{}.Buckets))
	for i := range perCPU {
		for b, n := range perCPU[i].Buckets {
			sum[b] += int64(n)
		}
	}
	return histogram.Import(sum), nil
}

// readFlows reads each flow under its lock.
func readFlows(m *ebpf.Map) ([]sink.FlowCounts, error) {
	var (
		counts = make([]sink.FlowCounts, 0, m.MaxEntries())
		keys   = make([]uint32, min(flowsPerRead, m.MaxEntries()))
		values = make([]sinkTCXFlowCounts, len(keys))
		cursor ebpf.MapBatchCursor
	)
	for {
		n, err := m.BatchLookup(&cursor, keys, values, &ebpf.BatchOptions{ElemFlags: uint64(ebpf.LookupLock)})
		// At the end of the map the kernel says so, together with the last of it.
		last := errors.Is(err, ebpf.ErrKeyNotExist)
		if err != nil && !last {
			return nil, fmt.Errorf("read sink's flows: %w", err)
		}
		for _, f := range values[:n] {
			counts = append(counts, sink.FlowCounts{
				Unique:     f.Unique,
				Duplicates: f.Duplicates,
				Reordered:  f.Reordered,
				TooOld:     f.TooOld,
				NextSeq:    f.Next,
			})
		}
		if last {
			return counts, nil
		}
	}
}
