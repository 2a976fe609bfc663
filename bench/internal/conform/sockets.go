package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/offload/offloadtest"
)

// socketCases are real sockets: what arrives must be what was written.
func socketCases() []Case {
	data := []offloadtest.Kind{offloadtest.Lost, offloadtest.Changed}
	return []Case{
		{Group: Legal, Name: "sockets-tcp4", Doc: "4 MB by TCP, both ways at once", Finds: data, run: func(ctx context.Context, r *room) error {
			return transfer(ctx, r, r.scene.A().Addr, r.scene.B().Addr)
		}},
		{Group: Legal, Name: "sockets-tcp6", Doc: "the same by IPv6", Finds: data, run: func(ctx context.Context, r *room) error {
			return transfer(ctx, r, r.scene.A().Addr6, r.scene.B().Addr6)
		}},
		{Group: Legal, Name: "sockets-udp4", Doc: "datagrams of UDP sockets, single and as superpackets (UDP_SEGMENT)", Finds: data, run: func(ctx context.Context, r *room) error {
			return datagrams(ctx, r, r.scene.B().Addr)
		}},
		{Group: Legal, Name: "sockets-udp6", Doc: "the same by IPv6", Finds: data, run: func(ctx context.Context, r *room) error {
			return datagrams(ctx, r, r.scene.B().Addr6)
		}},
		{Group: Legal, Name: "sockets-vxlan", Doc: "4 MB by TCP, both ways at once, through the kernel's VXLAN", Finds: data, run: overVXLAN, spoils: true},
	}
}

const (
	socketPort = 9000
	socketData = 4 << 20
	// socketTime is how long nothing may arrive at a socket, far longer than on the slowest machine.
	socketTime = 20 * time.Second
)

// inside runs f in the namespace of an end.
func inside[T any](end *testbed.End, f func() (T, error)) (v T, err error) {
	err = end.Namespace.Do(func() (err error) {
		v, err = f()
		return err
	})
	return v, err
}

func overVXLAN(ctx context.Context, r *room) error {
	if r.setting.Topo == scenario.VXLAN {
		return notApplicable("topo=vxlan: every case is through the kernel's VXLAN, sockets-tcp4 and sockets-tcp6 among them")
	}
	a, b, err := r.scene.AddVXLAN()
	if unsupported := (*testbed.UnsupportedError)(nil); errors.As(err, &unsupported) {
		return notApplicable(unsupported.Error())
	}
	if err != nil {
		return err
	}
	return transfer(ctx, r, a, b)
}

// transfer moves data between a socket at A and one at B, both ways at once.
func transfer(ctx context.Context, r *room, from, to netip.Addr) error {
	listener, err := inside(r.scene.B(), func() (*net.TCPListener, error) {
		return net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(to, socketPort)))
	})
	if err != nil {
		return err
	}
	defer listener.Close()
	_ = listener.SetDeadline(time.Now().Add(socketTime))
	ends := make(chan error, 2)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			err = talk(ctx, conn, 1, 0)
		}
		ends <- err
	}()
	dialer := net.Dialer{Timeout: socketTime, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))}
	conn, err := inside(r.scene.A(), func() (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(to, socketPort).String())
	})
	if err != nil {
		listener.Close()
		<-ends
		return &offloadtest.Finding{Kind: offloadtest.Lost, Why: fmt.Sprintf("no TCP connection: %v", err)}
	}
	ends <- talk(ctx, conn, 0, 1)
	return errors.Join(<-ends, <-ends)
}

// dataOf is what the socket of that number writes.
func dataOf(number uint64) []byte {
	b := make([]byte, socketData)
	_, _ = rand.NewChaCha8([32]byte{byte(number)}).Read(b) // never fails
	return b
}

// talk writes the data of one number and reads that of another, then closes the connection.
func talk(ctx context.Context, conn net.Conn, own, other uint64) error {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	written := make(chan error, 1)
	go func() {
		_, err := conn.Write(dataOf(own))
		written <- errors.Join(err, conn.(*net.TCPConn).CloseWrite())
	}()
	got, err := io.ReadAll(impatient{conn})
	if err != nil {
		conn.Close() // ends the write
	}
	if err = errors.Join(err, <-written); err != nil {
		return &offloadtest.Finding{Kind: offloadtest.Lost, Why: fmt.Sprintf("%d of %d bytes arrived: %v", len(got), socketData, err)}
	}
	if want := dataOf(other); !bytes.Equal(got, want) {
		return &offloadtest.Finding{Kind: offloadtest.Changed, Why: fmt.Sprintf("%d bytes arrived that are not the %d written", len(got), len(want))}
	}
	return nil
}

// impatient reads until nothing arrives for socketTime.
type impatient struct{ net.Conn }

func (c impatient) Read(b []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(socketTime)) // an error is that of the read
	return c.Conn.Read(b)
}

// datagrams sends some and waits for them, so that no buffer overflows.
func datagrams(ctx context.Context, r *room, to netip.Addr) error {
	address := netip.AddrPortFrom(to, socketPort)
	listener, err := inside(r.scene.B(), func() (*net.UDPConn, error) { return net.ListenUDP("udp", net.UDPAddrFromAddrPort(address)) })
	if err != nil {
		return err
	}
	defer listener.Close()
	sender, err := inside(r.scene.A(), func() (*net.UDPConn, error) { return net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(address)) })
	if err != nil {
		return err
	}
	defer sender.Close()
	headers := map[bool]int{true: 40 + 8, false: 20 + 8}[to.Is6()]
	limit := r.setting.InnerMTU() - headers
	random := rand.New(rand.NewPCG(1, 0))
	for size := 1; size <= limit; size += max(1, limit/40) {
		for _, segments := range []int{1, 7} {
			segments = max(1, min(segments, (longest-headers)/size))
			payload := make([]byte, segments*size)
			for i := range payload {
				payload[i] = byte(random.Uint32())
			}
			if err := sendSegments(sender, payload, size); err != nil {
				return err
			}
			if err := receiveSegments(ctx, listener, payload, size); err != nil {
				return err
			}
		}
	}
	return nil
}

// sendSegments sends a payload as datagrams of that size, by one call.
func sendSegments(conn *net.UDPConn, payload []byte, size int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, size) })
	if err = errors.Join(err, set); err != nil {
		return fmt.Errorf("set UDP_SEGMENT: %w", err)
	}
	if _, err := conn.Write(payload); err != nil {
		return fmt.Errorf("send datagrams of %d bytes: %w", size, err)
	}
	return nil
}

func receiveSegments(ctx context.Context, conn *net.UDPConn, payload []byte, size int) error {
	buf := make([]byte, longest)
	for len(payload) > 0 {
		want := payload[:min(size, len(payload))]
		payload = payload[len(want):]
		deadline := time.Now().Add(patience)
		if limit, ok := ctx.Deadline(); ok && limit.Before(deadline) {
			deadline = limit
		}
		_ = conn.SetReadDeadline(deadline)
		n, err := conn.Read(buf)
		if err != nil {
			return &offloadtest.Finding{Kind: offloadtest.Lost, Why: fmt.Sprintf("a datagram of %d bytes did not arrive: %v", len(want), err)}
		}
		if !bytes.Equal(buf[:n], want) {
			return &offloadtest.Finding{Kind: offloadtest.Changed, Packet: bytes.Clone(buf[:n]), Why: fmt.Sprintf("%d bytes of payload arrived that are not the %d sent", n, len(want))}
		}
	}
	return nil
}
