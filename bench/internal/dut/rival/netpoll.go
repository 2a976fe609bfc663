package rival

import (
	"os"

	"tunbench/bench/internal/dut/forward"
	"tunbench/forwarder/tun"
)

// netpollBufLen holds the longest packet that a TUN or TAP device carries.
const netpollBufLen = 65535

// openNetpoll opens what simple Go programs do: an os.File for each device, one packet
// per call, no vnet header; Go's poller waits.
func openNetpoll(o forward.Options) (forward.Program, error) {
	files, err := openPair(o, func(e forward.Endpoint) (*os.File, error) {
		fd, err := attach(e, o.Kind, 0)
		if err != nil {
			return nil, err
		}
		return os.NewFile(uintptr(fd), e.String()), nil
	})
	if err != nil {
		return nil, err
	}
	p := &pair{
		negotiated: forward.Negotiated{A: describe(o.A, o.Kind, 0, tun.OffloadNone), B: describe(o.B, o.Kind, 0, tun.OffloadNone)},
		move:       func(from int, c *counters) error { return copyPackets(files[from], files[1-from], c) },
	}
	for i, f := range files {
		p.ends[i] = f
	}
	return p, nil
}

func copyPackets(from, to *os.File, c *counters) error {
	buf := make([]byte, netpollBufLen)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return err
		}
		c.read(1, n)
		_, err = to.Write(buf[:n])
		c.wrote(1, err)
	}
}
