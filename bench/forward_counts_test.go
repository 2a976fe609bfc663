package main

import (
	"context"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

// TestForwardCountsTunnels: what was read of a TCP stream inside of VXLAN is what was written or dropped.
func TestForwardCountsTunnels(t *testing.T) {
	needRoot(t)
	for _, words := range []string{"--gro auto --intake off", "--gro auto --intake auto", "--gro off --intake off", "--gso split --intake off"} {
		t.Run(words, func(t *testing.T) {
			bed, err := testbed.Up(t.Context(), testbed.Config{Topology: testbed.Devices, Kind: tun.TAP, MultiQueue: true, VXLAN: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := bed.Down(); err != nil {
					t.Error(err)
				}
			})
			attach := func(e *testbed.End) string { return e.Attach.Namespace.Name() + ":" + e.Attach.Device }
			args := append([]string{"--attach", "--a", attach(bed.A()), "--b", attach(bed.B()), "--dev", "tap", "--offload", "tunnel"}, strings.Fields(words)...)
			cmd, lines, stderr := forwarding(t, args...)
			waitLine(t, lines, `^attached to tap tb-\d+-b`)
			if err := bed.WaitCarrier(t.Context()); err != nil {
				t.Fatal(err)
			}
			stream(t, bed, 20<<20)
			if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
			for _, way := range []string{"a to b", "b to a"} {
				row := waitLine(t, lines, `^ +0 +`+way+` +(\d+) +(\d+) +(\d+) +\d+ +(\d+) +\d+  +(.*?)  +(.*?)  +\d+ *$`)
				count := func(text string) (sum int) {
					for _, number := range regexp.MustCompile(`\b\d+ ?`).FindAllString(text, -1) {
						n, _ := strconv.Atoi(strings.TrimSpace(number))
						sum += n
					}
					return sum
				}
				supers, segments, written := count(row[2]), count(row[3]), count(row[4])
				if lost := count(row[5]) + count(row[6]); segments == 0 || segments != written+lost {
					t.Errorf("%s: %d segments read, %d written, %d lost: %s", way, segments, written, lost, row[0])
				}
				if way == "a to b" && supers == 0 {
					t.Errorf("no superpacket in a stream: %s", row[0])
				}
			}
			if code := exit(t, cmd); code != exitSuccess {
				t.Errorf("exit code %d: %s", code, stderr())
			}
		})
	}
}

// stream sends so many bytes from A to B over TCP.
func stream(t *testing.T, bed *testbed.Testbed, bytes int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var listener net.Listener
	err := bed.B().Namespace.Do(func() (err error) {
		listener, err = new(net.ListenConfig).Listen(ctx, "tcp4", netip.AddrPortFrom(bed.B().Addr, orderPort).String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	got := make(chan int64, 1)
	go func() {
		defer close(got)
		conn, err := listener.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		n, err := io.Copy(io.Discard, conn)
		if err != nil {
			t.Error(err)
		}
		got <- n
	}()
	err = bed.A().Namespace.Do(func() error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp4", listener.Addr().String())
		if err != nil {
			return err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, err = io.CopyN(conn, zeros{}, bytes)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := <-got; n != bytes {
		t.Errorf("%d bytes of %d arrived", n, bytes)
	}
}

// zeros is a stream of them.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
