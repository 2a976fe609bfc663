package rival

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
	wgtun "golang.zx2c4.com/wireguard/tun"

	"tunbench/bench/internal/dut/forward"
	"tunbench/forwarder/tun"
	"tunbench/offload"
)

const (
	// As device/send.go and receive.go of the same module drive the package: room for
	// the header of a transport message before each packet (MessageTransportHeaderSize),
	// in buffers for the longest (MaxMessageSize).
	wireGuardHeadroom = 16
	wireGuardBufLen   = 1<<16 - 1

	// wireGuardOffload is what the package asks of a device with vnet header, but for
	// TUN_F_TSO_ECN, which it leaves out: no load of ours makes such packets.
	wireGuardOffload = tun.OffloadAll

	dropTooManySegments = "too_many_segments"
	dropUnreadable      = "unreadable"
)

// openWireGuardGo opens wireguard-go's tun package on both devices. It splits every
// superpacket that it reads and coalesces what it is given to write in one call: here
// what one read gave. Nothing is encrypted.
func openWireGuardGo(o forward.Options) (forward.Program, error) {
	ends, err := openPair(o, openWireGuardTUN)
	if err != nil {
		return nil, err
	}
	p := &pair{
		negotiated: forward.Negotiated{
			A: describe(o.A, tun.TUN, offload.VnetHdrLen, wireGuardOffload),
			B: describe(o.B, tun.TUN, offload.VnetHdrLen, wireGuardOffload),
		},
		move: func(from int, c *counters) error { return copyBatches(ends[from], ends[1-from], c) },
	}
	for i, end := range ends {
		p.ends[i] = end
	}
	return p, nil
}

// openWireGuardTUN leaves the listener for changes of the link out, which costs the
// package a goroutine and would have to be in the device's namespace.
func openWireGuardTUN(e forward.Endpoint) (wgtun.Device, error) {
	fd, err := attach(e, tun.TUN, unix.IFF_VNET_HDR)
	if err != nil {
		return nil, err
	}
	device, _, err := wgtun.CreateUnmonitoredTUNFromFD(fd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open wireguard-go's tun device %v: %w", e, err), unix.Close(fd))
	}
	return device, nil
}

// copyBatches forwards until reading says that the device is closed or gone.
func copyBatches(from, to wgtun.Device, c *counters) error {
	bufs := make([][]byte, from.BatchSize())
	for i := range bufs {
		bufs[i] = make([]byte, wireGuardBufLen)
	}
	sizes, batch := make([]int, len(bufs)), make([][]byte, 0, len(bufs))
	for {
		n, err := from.Read(bufs, sizes, wireGuardHeadroom)
		if reason := unreadable(err); reason != "" {
			c.dropped(reason)
		} else if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		total := 0
		batch = batch[:0]
		for i, size := range sizes[:n] {
			total += size
			batch = append(batch, bufs[i][:wireGuardHeadroom+size])
		}
		c.read(n, total)
		// Where one write of several fails it is not known which packets were in it.
		_, err = to.Write(batch, wireGuardHeadroom)
		c.wrote(n, err)
	}
}

// unreadable says why a packet that was read is lost though the device works; "" where
// nothing is wrong or the device is closed or gone. wireguard-go itself would end at
// all of these but the first.
func unreadable(err error) string {
	switch {
	case err == nil, errors.Is(err, os.ErrClosed), errors.As(err, new(unix.Errno)):
		return ""
	case errors.Is(err, wgtun.ErrTooManySegments):
		return dropTooManySegments
	}
	return dropUnreadable
}
