package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/steer"
)

// foreign opens a queue of the end's device as another program does.
func foreign(t *testing.T, e *testbed.End, flags uint16) *os.File {
	t.Helper()
	var file *os.File
	err := e.Namespace.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		file = os.NewFile(uintptr(fd), "queue")
		t.Cleanup(func() { file.Close() }) // once only, whoever does
		ifr, err := unix.NewIfreq(e.Device)
		if err != nil {
			return err
		}
		ifr.SetUint16(unix.IFF_TUN | unix.IFF_MULTI_QUEUE | flags)
		return unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// between are the words for a forwarder between the ends of a bed.
func between(bed *testbed.Testbed, more ...string) []string {
	return append([]string{"--attach", "--a", endpointOf(bed.A()), "--b", endpointOf(bed.B())}, more...)
}

func TestForwardRefusesForeignFlags(t *testing.T) {
	for name, tc := range map[string]struct {
		flags uint16
		words []string
		says  string
	}{
		"no vnet header":     {unix.IFF_NO_PI, nil, "without a vnet header (no IFF_VNET_HDR)"},
		"packet information": {unix.IFF_VNET_HDR, nil, "no IFF_NO_PI"},
		"a vnet header":      {unix.IFF_NO_PI | unix.IFF_VNET_HDR, []string{"--vnet=false"}, "with a vnet header (IFF_VNET_HDR)"},
	} {
		t.Run(name, func(t *testing.T) {
			bed := devices(t)
			foreign(t, bed.B(), tc.flags)
			code, stdout, stderr := tunbench(t, append([]string{"forward"}, between(bed, tc.words...)...)...)
			if code != exitUsage || stdout != "" {
				t.Errorf("exit code %d, want %d; prints %q", code, exitUsage, stdout)
			}
			for _, says := range []string{tc.says, endpointOf(bed.B()), "end the program"} {
				if !strings.Contains(stderr, says) {
					t.Errorf("%q does not mention %q", stderr, says)
				}
			}
		})
	}
}

// TestForwardEndsWhenTheHeaderChanges: what is forwarded after that would be rubbish.
func TestForwardEndsWhenTheHeaderChanges(t *testing.T) {
	bed := devices(t)
	cmd, lines, stderr := forwarding(t, between(bed)...)
	waitLine(t, lines, `^attached to tun tb-\d+-b`)
	other := foreign(t, bed.B(), unix.IFF_NO_PI|unix.IFF_VNET_HDR)
	waitLine(t, lines, `^note: another program has queues of tb-\d+-b:tb0 \(1\)`)
	if err := unix.IoctlSetPointerInt(int(other.Fd()), unix.TUNSETVNETHDRSZ, 20); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitFailure || !strings.Contains(stderr(), "20 bytes now (TUNSETVNETHDRSZ)") || !strings.Contains(stderr(), endpointOf(bed.B())) {
		t.Errorf("exit code %d: %s", code, stderr())
	}
}

// TestForwardNotesOtherQueues: flows that hash to them are lost, which the counters do not
// show.
func TestForwardNotesOtherQueues(t *testing.T) {
	bed := devices(t)
	foreign(t, bed.A(), unix.IFF_NO_PI|unix.IFF_VNET_HDR)
	_, lines, _ := forwarding(t, between(bed)...)
	waitLine(t, lines, `^note: another program has queues of tb-\d+-a:tb0 \(1\)`)
}

// TestForwardTakesLeftOverProgramAway: a steering program stays on the device when the
// forwarder that attached it is killed.
func TestForwardTakesLeftOverProgramAway(t *testing.T) {
	for _, policy := range []string{"kernel", "hash"} {
		t.Run(policy, func(t *testing.T) {
			bed := devices(t)
			left, err := steer.Load(steer.PolicyCPU, 2)
			if err != nil {
				t.Fatal(err)
			}
			defer left.Close()
			close := twoQueues(t, bed.A(), func(fd int) error { return left.Attach(fd) })
			send(t, bed)
			if chosen(t, left) == 0 {
				t.Fatal("the program is not asked at all")
			}
			close() // the device holds the program from here on
			cmd, lines, stderr := forwarding(t, between(bed, "--queues", "2", "--steer", policy, "--intake", "off")...)
			waitLine(t, lines, `^attached to tun tb-\d+-b`)
			before := chosen(t, left)
			send(t, bed)
			if after := chosen(t, left); after != before {
				t.Errorf("the program that was left chose %d more queues", after-before)
			}
			if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if code := exit(t, cmd); code != exitSuccess {
				t.Errorf("exit code %d: %s", code, stderr())
			}
			defer twoQueues(t, bed.A(), func(int) error { return nil })()
			send(t, bed)
			if after := chosen(t, left); after != before {
				t.Errorf("the program is back: it chose %d more queues", after-before)
			}
		})
	}
}

// twoQueues opens two queues, below which the kernel chooses nothing, and calls with with
// one of them.
func twoQueues(t *testing.T, e *testbed.End, with func(fd int) error) (closeBoth func()) {
	t.Helper()
	var queues [2]*os.File
	for i := range queues {
		queues[i] = foreign(t, e, unix.IFF_NO_PI|unix.IFF_VNET_HDR)
	}
	if err := with(int(queues[0].Fd())); err != nil {
		t.Fatal(err)
	}
	return func() {
		for _, q := range queues {
			q.Close()
		}
	}
}

// chosen returns how many packets the program was asked about.
func chosen(t *testing.T, p *steer.Program) (n uint64) {
	t.Helper()
	counts, err := p.Counts()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		n += c
	}
	return n
}

// send sends packets of several flows out of A's device.
func send(t *testing.T, bed *testbed.Testbed) {
	t.Helper()
	before := sentBy(t, bed.A())
	eventually(t, "packets leave by the device", func() bool {
		err := bed.A().Namespace.Do(func() error {
			for range 8 {
				conn, err := net.Dial("udp", net.JoinHostPort(bed.B().Addr.String(), "9"))
				if err != nil {
					return err
				}
				_, _ = conn.Write([]byte("x")) // refused as long as there is no carrier
				if err := conn.Close(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return sentBy(t, bed.A()) >= before+8
	})
}

// sentBy counts what the kernel gave to an end's device, dropped or not.
func sentBy(t *testing.T, e *testbed.End) (n uint64) {
	t.Helper()
	err := e.Namespace.Do(func() error {
		link, err := netlink.LinkByName(e.Device)
		if err != nil {
			return err
		}
		n = link.Attrs().Statistics.TxPackets + link.Attrs().Statistics.TxDropped
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSilentClientsDoNotFailTheEnd: a health check, a scraper that hangs.
func TestSilentClientsDoNotFailTheEnd(t *testing.T) {
	bed := devices(t)
	cmd, lines, stderr := forwarding(t, between(bed, "--metrics", "127.0.0.1:0")...)
	address := waitLine(t, lines, `^metrics on http://(\S+)/metrics$`)[1]
	for _, says := range []string{"", "GET /metrics HTTP/1.1\r\nHost: x\r\n"} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, says); err != nil {
			t.Fatal(err)
		}
	}
	// Whoever asks properly is answered, after those were accepted.
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exit(t, cmd); code != exitSuccess {
		t.Errorf("exit code %d: %s", code, stderr())
	}
}
