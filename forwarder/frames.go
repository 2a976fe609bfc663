package forwarder

import (
	"fmt"

	"golang.org/x/sys/unix"

	"tunbench/ringbuf"
)

const (
	// packetBufLen holds the longest packet of a device, a 65535-byte IP packet in
	// an Ethernet frame with VLAN tags, and more: a full buffer means a cut packet.
	packetBufLen = 64<<10 + 64

	// maxVnetHdrLen is more than any struct virtio_net_hdr* has.
	maxVnetHdrLen = 32

	pageSize = 4096

	// slotLen is a packet anywhere in the first page, and what follows it.
	slotLen = pageSize + packetBufLen
)

// frames is where the packets of one batch lie, each in a slot of its own or where it came
// from, with the vnet header right before the packet. In a slot its
// capacity reaches to the slot's end. Memory that was never used for a long packet costs
// nothing: a slot of 68 KiB has one page then.
type frames struct {
	arena      *ringbuf.Arena
	first      int // slot of the arena
	vnetHdrLen int
	align      int // length of the headers whose payload is to start on a page; 0: none
	slots      []slot
	list       [][]byte // the packets, in the order of arrival
}

type slot struct {
	iov   [1]unix.Iovec // what the next read fills
	start int           // of the vnet header
}

func newFrames(arena *ringbuf.Arena, first, batch, vnetHdrLen int) *frames {
	return &frames{arena: arena, first: first, vnetHdrLen: vnetHdrLen, slots: make([]slot, batch), list: make([][]byte, 0, batch)}
}

// newArena makes memory for so many packets.
func newArena(slots int) (*ringbuf.Arena, error) {
	arena, err := ringbuf.NewArena(ringbuf.ArenaConfig{Slots: slots, SlotLen: slotLen, Align: pageSize})
	if err != nil {
		return nil, fmt.Errorf("make packet memory: %w", err)
	}
	return arena, nil
}

// place returns the vector for a read into slot k.
func (f *frames) place(k int) []unix.Iovec {
	s := &f.slots[k]
	s.start = f.startOf(k)
	mem := f.arena.Slot(f.first + k)
	s.iov[0].Base = &mem[s.start]
	s.iov[0].SetLen(f.vnetHdrLen + packetBufLen)
	return s.iov[:]
}

// startOf returns where in slot k the vnet header of the next packet goes.
//
// Small packets start at another cache line in each slot: at the same one they would all
// share a few sets of the first-level cache. The payload of a superpacket starts on a
// page, given that its headers are as long as the last one's: the kernel copies whole
// pages, and copies between equally aligned places take 4 to 13 % off the CPU time.
func (f *frames) startOf(k int) int {
	if f.align > 0 {
		return pageSize - (f.align+f.vnetHdrLen)%pageSize
	}
	const line, step = 64, 11 // bytes; lines, with no factor in common with a page's
	return k * step * line % (pageSize - line)
}

// add says that slot k holds a packet of n bytes, vnet header included.
func (f *frames) add(k, n int) {
	f.list = append(f.list, f.arena.Slot(f.first + k)[f.slots[k].start:][:n])
}

// copyOf puts a copy of a packet into the next slot, with the room behind it that a slot has.
func (f *frames) copyOf(frame []byte) []byte {
	k := f.len()
	f.slots[k].start = f.startOf(k)
	copy(f.arena.Slot(f.first + k)[f.slots[k].start:], frame)
	f.add(k, len(frame))
	return f.list[k]
}

func (f *frames) len() int { return len(f.list) }

// reset makes all slots free.
func (f *frames) reset() { f.list = f.list[:0] }
