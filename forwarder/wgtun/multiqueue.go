package wgtun

import (
	"os"
	"slices"

	fork "github.com/tailscale/wireguard-go/tun"

	"tunbench/forwarder/tun"
)

// MultiQueueDevice is a TUN device as github.com/tailscale/wireguard-go wants it: each queue has
// a reader of its own. Its methods are safe for concurrent use; Reads of one queue come one after
// another.
type MultiQueueDevice struct {
	*core
	events <-chan fork.Event
	ends   []fork.Queue
	first  *Queue
}

var (
	_ fork.MultiQueueDevice = (*MultiQueueDevice)(nil)
	_ fork.GRODevice        = (*MultiQueueDevice)(nil)
)

// OpenMultiQueue opens a device for the fork. Errors are those of Open.
func OpenMultiQueue(cfg Config) (*MultiQueueDevice, error) {
	c, err := openCore(cfg)
	if err != nil {
		return nil, err
	}
	d := &MultiQueueDevice{core: c}
	for i, q := range c.queues {
		end := &Queue{file: c.files[i], to: &slab{}}
		if end.reader, err = c.addReader([]*tun.Queue{q}, end.file, end.to); err != nil {
			return nil, c.abandon(err)
		}
		d.ends = append(d.ends, end)
	}
	d.first = d.ends[0].(*Queue)
	d.events = watch[fork.Event](c.link)
	return d, nil
}

// Queues returns the queues in the order of their indexes. They are owned by the device.
func (d *MultiQueueDevice) Queues() []fork.Queue { return slices.Clone(d.ends) }

// Read is Read of the first queue.
func (d *MultiQueueDevice) Read(memory []byte, packets []fork.ReadPacket) (int, error) {
	return d.first.Read(memory, packets)
}

// Write is WriteTo the first queue.
func (d *MultiQueueDevice) Write(bufs [][]byte, offset int) (int, error) {
	return d.writers[0].write(bufs, offset, false)
}

// WriteTo sends packets, which begin at offset of each of bufs, through the queue of a flow, and
// returns how many were sent. Calls with the same flow use the same queue and keep the order of
// their packets. The 10 bytes before each packet are overwritten, and so may be the packets;
// nothing behind them is. Errors are those of Device.Write.
func (d *MultiQueueDevice) WriteTo(flow int, bufs [][]byte, offset int) (int, error) {
	return d.writers[uint(flow)%uint(len(d.writers))].write(bufs, offset, false)
}

// Events returns what becomes of the device: EventUp, EventDown, EventMTUUpdate, first how it is
// at the beginning. It is closed by Close, or when the device is gone.
func (d *MultiQueueDevice) Events() <-chan fork.Event { return d.events }

// Close closes the device; the kernel removes it unless it is persistent. Reads and Writes end
// before it returns. It may be called again.
func (d *MultiQueueDevice) Close() error { return d.shut() }

// Queue is a queue of a MultiQueueDevice.
type Queue struct {
	file   *os.File
	reader *reader
	to     *slab
}

// File returns the queue's file. It is owned by the device.
func (q *Queue) File() *os.File { return q.file }

// Read waits for packets and takes all that there are, up to one for each of packets and
// BatchSize: packet i is memory[packets[i].Offset:][:packets[i].Size]. There are
// ReadPacketSpacing bytes before, between and behind them. Packets of a superpacket that do not
// fit are given to the next Read. The error is os.ErrClosed after Close or when the device is
// gone, and ErrTooManySegments where a packet was dropped because memory is too short even for it
// alone.
func (q *Queue) Read(memory []byte, packets []fork.ReadPacket) (int, error) {
	q.reader.mu.Lock()
	defer q.reader.mu.Unlock()
	*q.to = slab{memory: memory, packets: packets[:min(len(packets), BatchSize)], at: fork.ReadPacketSpacing}
	err := q.reader.read()
	n := q.to.n
	*q.to = slab{} // it is the caller's
	if q.reader.cut {
		q.reader.cut, err = false, fork.ErrTooManySegments
	}
	return n, err
}

// slab is the destination of a Queue's Read.
type slab struct {
	memory  []byte
	packets []fork.ReadPacket
	at      int // where the next packet goes
	n       int
}

func (s *slab) next(length int) []byte {
	if s.n == len(s.packets) || s.at+length+fork.ReadPacketSpacing > len(s.memory) {
		return nil
	}
	s.packets[s.n] = fork.ReadPacket{Offset: s.at, Size: length}
	s.n++
	dst := s.memory[s.at:][:length]
	s.at += length + fork.ReadPacketSpacing
	return dst
}

func (s *slab) count() int { return s.n }

func (s *slab) fits(length int) bool {
	return s.n > 0 || len(s.packets) == 0 || length+2*fork.ReadPacketSpacing <= len(s.memory)
}
