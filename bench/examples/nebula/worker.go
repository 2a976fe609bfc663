package main

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/slackhq/nebula/firewall"
	"github.com/slackhq/nebula/iputil"
	"github.com/slackhq/nebula/overlay/batch"
	"github.com/slackhq/nebula/overlay/tio"
	"golang.org/x/sys/unix"
)

// arenaLen is room for the segments of a few superpackets; the arena grows when they are more.
const arenaLen = 256 << 10

// worker forwards from one queue to the queue with the same index on the other device.
type worker struct {
	from, to tio.Queue
}

// run forwards until reading fails. It returns os.ErrClosed after Shutdown, and also when the device is gone.
func (w worker) run(cpu int) error {
	runtime.LockOSThread()
	if cpu >= 0 {
		var set unix.CPUSet
		set.Set(cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return fmt.Errorf("pin to CPU %d: %w", cpu, err)
		}
	}
	coalescer := batch.NewMultiCoalescer(w.to, slog.Default())
	arena := batch.NewArena(arenaLen)
	var key batch.SortKey
	var parsed firewall.ParsedPacket
	for {
		packets, err := w.from.Read()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		staged := 0
		for _, packet := range packets {
			// A packet of its own stays where it was read. A segment is valid within this function only, as SegmentSuperpacket writes the
			// header of the next one over the end of its payload; nebula encrypts it there.
			_ = tio.SegmentSuperpacket(packet, func(segment []byte) error {
				if packet.GSO.IsSuperpacket() {
					segment = append(arena.Reserve(len(segment))[:0], segment...)
				}
				if !parse(segment, &parsed) {
					return nil // nebula drops it as well
				}
				key.Counter++
				staged++
				return coalescer.Commit(segment, key, &parsed)
			})
			if staged >= batch.SendBatchCap { // as nebula's listenIn: the first go out while they are in the cache
				flush(coalescer, arena)
				staged = 0
			}
		}
		flush(coalescer, arena)
	}
}

// flush writes what is staged. A packet that the kernel refuses is dropped.
func flush(coalescer *batch.MultiCoalescer, arena *batch.Arena) {
	_ = coalescer.Flush()
	arena.Reset()
}

// parse finds what the coalescer wants to know of a packet, as newPacket in nebula's outside.go does.
func parse(packet []byte, p *firewall.ParsedPacket) bool {
	const ipv4HeaderLen, ipv6HeaderLen = 20, 40
	switch {
	case len(packet) >= ipv4HeaderLen && packet[0]>>4 == 4:
		p.Protocol = packet[9]
		p.IPHdrLen = int(packet[0]&0xf) * 4
		p.FragAny = binary.BigEndian.Uint16(packet[6:])&0x3fff != 0
		return p.IPHdrLen >= ipv4HeaderLen
	case len(packet) >= ipv6HeaderLen && packet[0]>>4 == 6:
		var err error
		p.Protocol, p.IPHdrLen, _, p.FragAny, err = iputil.IPv6FindUpperProtocol(packet)
		return err == nil
	}
	return false
}
