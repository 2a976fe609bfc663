package wgtun

import (
	wireguard "golang.zx2c4.com/wireguard/tun"
)

// Device is a TUN device as golang.zx2c4.com/wireguard wants it: all queues are read by one
// Read, in turns. Its methods are safe for concurrent use; Reads come one after another.
type Device struct {
	*core
	events <-chan wireguard.Event
	reader *reader
	to     *buffers
}

var _ wireguard.Device = (*Device)(nil)

// Open opens a device. The error is a *tun.ConfigError, tun.ErrMismatch and so on as tun.Open
// returns them, or a *steer.UnsupportedError where packets cannot be steered. Close has to be
// called on what it returns.
func Open(cfg Config) (*Device, error) {
	c, err := openCore(cfg)
	if err != nil {
		return nil, err
	}
	d := &Device{core: c, to: &buffers{}}
	file := c.files[0]
	if len(c.queues) > 1 {
		if file, err = anyOf(c.queues); err != nil {
			return nil, c.abandon(err)
		}
	}
	if d.reader, err = c.addReader(c.queues, file, d.to); err != nil {
		return nil, c.abandon(err)
	}
	d.events = watch[wireguard.Event](c.link)
	return d, nil
}

// Read waits for packets and takes all that there are, up to one for each of bufs and
// BatchSize, or fewer of superpackets: packet i is bufs[i][offset:][:sizes[i]]. Packets of a superpacket that do not fit
// are given to the next Read. The error is os.ErrClosed after Close or when the device is gone,
// and wireguard.ErrTooManySegments where a packet was dropped because it is longer than its buffer.
func (d *Device) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	d.reader.mu.Lock()
	defer d.reader.mu.Unlock()
	*d.to = buffers{bufs: bufs[:min(len(bufs), len(sizes), BatchSize)], sizes: sizes, offset: offset}
	err := d.reader.read()
	n := d.to.n
	*d.to = buffers{} // they are the caller's
	if d.reader.cut {
		d.reader.cut, err = false, wireguard.ErrTooManySegments
	}
	return n, err
}

// Write sends packets, which begin at offset of each of bufs, and returns how many were sent. The
// 10 bytes before each packet and the memory behind it up to the capacity of the slice are
// overwritten, and so may be the packets. The error is ErrOffset, os.ErrClosed, or the first
// of what the kernel answered: packets after the one that it refused are sent all the same.
func (d *Device) Write(bufs [][]byte, offset int) (int, error) {
	return d.writers[0].write(bufs, offset, true)
}

// Events returns what becomes of the device: EventUp, EventDown, EventMTUUpdate, first how it is
// at the beginning. It is closed by Close, or when the device is gone.
func (d *Device) Events() <-chan wireguard.Event { return d.events }

// Close closes the device; the kernel removes it unless it is persistent. Reads and Writes end
// before it returns. It may be called again.
func (d *Device) Close() error { return d.shut() }

// buffers is the destination of a Device's Read.
type buffers struct {
	bufs   [][]byte
	sizes  []int
	offset int
	n      int
}

func (b *buffers) next(length int) []byte {
	if b.n == len(b.bufs) || len(b.bufs[b.n])-b.offset < length {
		return nil
	}
	b.sizes[b.n] = length
	b.n++
	return b.bufs[b.n-1][b.offset:][:length]
}

func (b *buffers) count() int { return b.n }

func (b *buffers) fits(length int) bool {
	return b.n == len(b.bufs) || len(b.bufs[b.n])-b.offset >= length
}
