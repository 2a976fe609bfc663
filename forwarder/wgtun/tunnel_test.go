package wgtun_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// onQueues are the WireGuards that work on this package's devices.
var onQueues = []variant{
	{queues: 1},
	{queues: 3},
	{queues: 2, steer: steer.PolicyKernel},
	{fork: true, queues: 1},
	{fork: true, queues: 3},
	{fork: true, queues: 2, steer: steer.PolicyKernel},
}

// TestTunnel has two WireGuards shake hands and carries a stream and datagrams in both directions.
func TestTunnel(t *testing.T) {
	for _, v := range onQueues {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			tn := newTunnel(t, v)
			for i := range 2 {
				checkEcho(t, tn, i, false)
				checkEcho(t, tn, i, true)
				checkStream(t, tn, i)
			}
		})
	}
}

// listen opens sockets of both kinds at end i.
func (tn *tunnel) listen(t testing.TB, i int, ipv6 bool) (stream *net.TCPListener, packets *net.UDPConn) {
	t.Helper()
	addr := netip.AddrPortFrom(tn.inner[i], 0)
	if ipv6 {
		addr = netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("fd00::%d", i+1)), 0)
	}
	inside(t, tn.netns[i], func() (err error) {
		stream, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		if err != nil {
			return err
		}
		packets, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		return err
	})
	t.Cleanup(func() { stream.Close(); packets.Close() })
	return stream, packets
}

// checkStream sends some MB from one end and compares what arrives.
func checkStream(t *testing.T, tn *tunnel, from int) {
	t.Helper()
	listener, _ := tn.listen(t, 1-from, false)
	var sender net.Conn
	inside(t, tn.netns[from], func() (err error) {
		sender, err = net.DialTimeout("tcp", listener.Addr().String(), patience)
		return err
	})
	defer sender.Close()
	receiver, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	deadline := time.Now().Add(patience)
	if err := errors.Join(sender.SetDeadline(deadline), receiver.SetDeadline(deadline)); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 4<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	var sending sync.WaitGroup
	sending.Go(func() {
		if _, err := sender.Write(data); err != nil {
			t.Error(err)
		}
		sender.Close()
	})
	sum := sha256.New()
	n, err := io.Copy(sum, receiver)
	sending.Wait()
	want := sha256.Sum256(data)
	if err != nil || !bytes.Equal(sum.Sum(nil), want[:]) {
		t.Errorf("the stream that arrived is another: %d bytes of %d, %v", n, len(data), err)
	}
}

// checkEcho sends datagrams of many sizes, single ones and superpackets (UDP_SEGMENT), as a few at a
// time and has the other end send them back: they come in order, or are lost with what was sent with them.
func checkEcho(t *testing.T, tn *tunnel, from int, ipv6 bool) {
	t.Helper()
	_, echo := tn.listen(t, 1-from, ipv6)
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, addr, err := echo.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = echo.WriteToUDPAddrPort(buf[:n], addr)
		}
	}()
	var sender *net.UDPConn
	inside(t, tn.netns[from], func() (err error) {
		sender, err = net.DialUDP("udp", nil, echo.LocalAddr().(*net.UDPAddr))
		return err
	})
	defer sender.Close()
	const datagrams = 16
	buf := make([]byte, 1<<16)
	for i, tries, sent := 0, 0, 0; i < 40; i, sent = i+1, sent+1 {
		size := []int{4, 60, 200, 700, 1372}[i%5]
		batch := make([]byte, datagrams*size)
		for k := range datagrams {
			binary.BigEndian.PutUint32(batch[k*size:], uint32(sent*datagrams+k)) // what comes of an attempt before is less
		}
		send := func() error {
			if i%2 == 1 && size > 4 {
				_, _, err := sender.WriteMsgUDP(batch, segmented(size), nil)
				return err
			}
			for k := range datagrams {
				if _, err := sender.Write(batch[k*size:][:size]); err != nil {
					return err
				}
			}
			return nil
		}
		if err := send(); err != nil {
			t.Fatal(err)
		}
		for k := 0; k < datagrams; k++ {
			// Datagrams may be lost where sockets are full; then the whole batch is sent again.
			_ = sender.SetReadDeadline(time.Now().Add(10 * time.Second))
			n, err := sender.Read(buf)
			if err != nil {
				if tries++; tries > 20 {
					t.Fatalf("batch %d of %d bytes: datagram %d does not come back: %v", i, size, k, err)
				}
				i--
				break
			}
			if got, want := buf[:n], batch[k*size:][:size]; !bytes.Equal(got, want) {
				if tries > 0 && binary.BigEndian.Uint32(got) < binary.BigEndian.Uint32(want) {
					k--
					continue // of an attempt before
				}
				t.Fatalf("batch %d: datagram %d of %d bytes is number %d of %d bytes", i, k, size, binary.BigEndian.Uint32(got), n)
			}
		}
	}
}

// segmented is the control message that has the kernel send datagrams of so many bytes.
func segmented(size int) []byte {
	b := make([]byte, unix.CmsgSpace(2))
	binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(2)))
	binary.NativeEndian.PutUint32(b[8:], unix.IPPROTO_UDP)
	binary.NativeEndian.PutUint32(b[12:], unix.UDP_SEGMENT)
	binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], uint16(size))
	return b
}

// TestUpDown is what both modules ask of their devices (TestUpDown): WireGuard goes up and down as often
// as it likes, while the link does too, and closes at any moment.
func TestUpDown(t *testing.T) {
	for _, v := range onQueues {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			tn := newTunnel(t, v)
			var all sync.WaitGroup
			for i, end := range tn.ends {
				all.Go(func() { // its socket is in a namespace where nobody else takes the port meanwhile
					err := tun.InNamespace(tn.netns[i], func() (err error) {
						for range 20 {
							err = errors.Join(err, end.Down(), end.Up())
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
				all.Go(func() {
					err := tun.InNamespace(tn.netns[i], func() error {
						l, err := netlink.LinkByName("wg0")
						for k := range 20 {
							err = errors.Join(err, netlink.LinkSetDown(l), netlink.LinkSetMTU(l, 1280+k), netlink.LinkSetUp(l))
						}
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for _, end := range tn.ends {
				end.Close()
			}
		})
	}
}

// TestConcurrency is what both modules ask of their devices (TestConcurrencySafety): traffic in both
// directions while WireGuard is configured, asked and at last closed. The race detector judges.
func TestConcurrency(t *testing.T) {
	for _, v := range onQueues {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			tn := newTunnel(t, v)
			checkEcho(t, tn, 0, false) // they have shaken hands
			var all sync.WaitGroup
			stop := make(chan struct{})
			for i := range tn.ends {
				_, sink := tn.listen(t, 1-i, false)
				var source *net.UDPConn
				inside(t, tn.netns[i], func() (err error) {
					source, err = net.DialUDP("udp", nil, sink.LocalAddr().(*net.UDPAddr))
					return err
				})
				defer source.Close()
				all.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							_, _ = source.Write(make([]byte, 300)) // the device may be gone
						}
					}
				})
			}
			for _, end := range tn.ends {
				for range 50 {
					said, err := end.IpcGet()
					if err != nil || len(said) == 0 {
						t.Errorf("IpcGet: %q, %v", said, err)
					}
					if err := end.IpcSet("fwmark=0\n"); err != nil {
						t.Error(err)
					}
				}
			}
			for _, end := range tn.ends {
				end.Close() // in the midst of it
			}
			close(stop)
			all.Wait()
		})
	}
}
