package forwarder

import (
	"sync/atomic"
	"syscall"
)

// maxErrno bounds the table of write errors; Linux's highest is EHWPOISON, 133.
const maxErrno = 134

// cacheLine keeps what different workers write apart; 128 because adjacent
// lines are fetched in pairs.
const cacheLine = 128

// counters are one direction's, plain and private to its worker's thread.
type counters struct {
	readPackets      uint64
	readSuperpackets uint64
	readSegments     uint64
	readBytes        uint64
	writtenPackets   uint64
	writtenSegments  uint64
	emptyReads       uint64
	takenPackets     uint64
	intakeDrops      uint64
}

// published is what other goroutines may read of a direction. The frequent
// counters are copied here when the worker has a moment; drops and errors are
// rare and counted here directly.
type published struct {
	_                [cacheLine]byte
	readPackets      atomic.Uint64
	readSuperpackets atomic.Uint64
	readSegments     atomic.Uint64
	readBytes        atomic.Uint64
	writtenPackets   atomic.Uint64
	writtenSegments  atomic.Uint64
	emptyReads       atomic.Uint64
	takenPackets     atomic.Uint64
	intakeDrops      atomic.Uint64
	drops            [dropReasons]atomic.Uint64
	writeErrors      [maxErrno]atomic.Uint64
	_                [cacheLine]byte
}

func (p *published) publish(c *counters) {
	p.readPackets.Store(c.readPackets)
	p.readSuperpackets.Store(c.readSuperpackets)
	p.readSegments.Store(c.readSegments)
	p.readBytes.Store(c.readBytes)
	p.writtenPackets.Store(c.writtenPackets)
	p.writtenSegments.Store(c.writtenSegments)
	p.emptyReads.Store(c.emptyReads)
	p.takenPackets.Store(c.takenPackets)
	p.intakeDrops.Store(c.intakeDrops)
}

func (p *published) countWriteError(errno syscall.Errno, segments uint64) {
	p.writeErrors[min(int(errno), maxErrno-1)].Add(segments)
}

func (p *published) stats() DirectionStats {
	s := DirectionStats{
		ReadPackets:      p.readPackets.Load(),
		ReadSuperpackets: p.readSuperpackets.Load(),
		ReadSegments:     p.readSegments.Load(),
		ReadBytes:        p.readBytes.Load(),
		WrittenPackets:   p.writtenPackets.Load(),
		WrittenSegments:  p.writtenSegments.Load(),
		EmptyReads:       p.emptyReads.Load(),
		TakenPackets:     p.takenPackets.Load(),
		IntakeDrops:      p.intakeDrops.Load(),
		Drops:            map[string]uint64{},
		WriteErrors:      map[string]uint64{},
	}
	for r := range p.drops {
		if n := p.drops[r].Load(); n > 0 {
			s.Drops[DropReason(r).String()] = n
		}
	}
	for e := range p.writeErrors {
		if n := p.writeErrors[e].Load(); n > 0 {
			s.WriteErrors[errnoName(e)] = n
		}
	}
	return s
}
