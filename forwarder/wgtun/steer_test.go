package wgtun_test

import (
	"errors"
	"os"
	"testing"
	"time"

	fork "github.com/tailscale/wireguard-go/tun"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/wgtun"
)

// TestSteered: a flow comes out of one queue, in both directions, whichever queue its packets are
// written to.
func TestSteered(t *testing.T) {
	netns := newNamespace(t)
	const queues, flows = 4, 32
	d, err := wgtun.OpenMultiQueue(wgtun.Config{NetNS: netns, Name: "wg0", Queues: queues, Steer: steer.PolicyHash, TxQueueLen: 10 * flows})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if !d.Steered() {
		t.Error("it says that no program steers")
	}
	inside(t, netns, func() error { return address("wg0", "10.9.0.1/24") })
	var echo int
	inside(t, netns, func() (err error) {
		if echo, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err != nil {
			return err
		}
		return unix.Bind(echo, &unix.SockaddrInet4{Port: 7, Addr: [4]byte{10, 9, 0, 1}})
	})
	defer unix.Close(echo)
	// The peer writes by a queue of its own choice, and the host answers.
	type seen struct{ queue, port int }
	came := make(chan seen, 2*flows)
	for i, q := range d.Queues() {
		go func() {
			memory, packets := make([]byte, 1<<17), make([]fork.ReadPacket, wgtun.BatchSize)
			for {
				n, err := q.Read(memory, packets)
				if err != nil {
					return
				}
				for _, p := range packets[:n] {
					b := memory[p.Offset:][:p.Size]
					if b[0]>>4 == 4 && b[9] == unix.IPPROTO_UDP {
						came <- seen{i, int(b[22])<<8 | int(b[23])}
					}
				}
			}
		}()
	}
	buf := make([]byte, 100)
	queueOf := map[int]int{}
	for round := range 2 {
		for port := 1000; port < 1000+flows; port++ {
			request := append(make([]byte, 16), datagram(port, 7)...)
			if _, err := d.WriteTo(port+round, [][]byte{request}, 16); err != nil {
				t.Fatal(err)
			}
			n, from, err := unix.Recvfrom(echo, buf, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := unix.Sendto(echo, buf[:n], 0, from); err != nil {
				t.Fatal(err)
			}
			select {
			case s := <-came:
				if before, known := queueOf[port]; s.port != port || known && before != s.queue {
					t.Errorf("the answer to port %d comes out of queue %d to port %d, before out of %d", port, s.queue, s.port, before)
				}
				queueOf[port] = s.queue
			case <-time.After(patience):
				t.Fatalf("no answer to port %d", port)
			}
		}
	}
	used := map[int]bool{}
	for _, q := range queueOf {
		used[q] = true
	}
	if len(used) < 2 {
		t.Errorf("%d flows use %d of %d queues", flows, len(used), queues)
	}
}

// datagram is a UDP packet from 10.9.0.2 to 10.9.0.1, without a checksum.
func datagram(from, to int) []byte {
	p := []byte{0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, unix.IPPROTO_UDP, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1, byte(from >> 8), byte(from), byte(to >> 8), byte(to), 0, 12, 0, 0, 1, 2, 3, 4}
	sum := 0
	for i := 0; i < 20; i += 2 {
		sum += int(p[i])<<8 | int(p[i+1])
	}
	sum = sum>>16 + sum&0xffff
	p[10], p[11] = ^byte(sum>>8), ^byte(sum)
	return p
}

// TestCannotSteer: a user who may have the device but not load programs gets the kernel's choice of queue,
// or an error if another was named.
func TestCannotSteer(t *testing.T) {
	if limit, _ := os.ReadFile("/proc/sys/kernel/unprivileged_bpf_disabled"); string(limit) == "0\n" {
		t.Skip("this host lets everybody load programs")
	}
	inside(t, newNamespace(t), func() error { // on a thread that ends with it
		keep := [2]unix.CapUserData{{Effective: 1 << unix.CAP_NET_ADMIN, Permitted: 1 << unix.CAP_NET_ADMIN}}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &keep[0]); err != nil {
			return err
		}
		d, err := wgtun.Open(wgtun.Config{Queues: 2})
		if err != nil {
			return err
		}
		if d.Steered() {
			t.Error("it says that a program steers")
		}
		if d, err := wgtun.Open(wgtun.Config{Queues: 2, Steer: steer.PolicyHash}); !errors.As(err, new(*steer.UnsupportedError)) {
			t.Errorf("%v, %v; want a steer.UnsupportedError", d, err)
		}
		return d.Close()
	})
}
