package testbed

import (
	"errors"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const snmpText = `Ip: Forwarding InHdrErrors InAddrErrors InUnknownProtos InDiscards OutDiscards OutNoRoutes FragFails
Ip: 1 2 3 4 5 6 7 8
Tcp: RtoMax MaxConn
Tcp: 120000 -1
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 10 11 100 12 20 13 30 14 7
UdpLite: NoPorts InErrors
UdpLite: 1 2
`

const netstatText = `TcpExt: SyncookiesSent SyncookiesRecv
TcpExt: 1 2
IpExt: InNoRoutes InTruncatedPkts InCsumErrors
IpExt: 40 41 42
`

const snmp6Text = `Ip6InHdrErrors                  	51
Ip6InTooBigErrors               	52
Ip6InNoRoutes                   	53
Icmp6InErrors                   	54
Udp6InErrors                    	9
Udp6InCsumErrors                	9
UdpLite6InErrors                	55
`

func TestStackParsed(t *testing.T) {
	raw := snmp{}
	for i, text := range []string{snmpText, netstatText, snmp6Text} {
		if err := snmpFiles()[i].parse(raw, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	want := Stack{
		"Ip.InHdrErrors": 2, "Ip.InAddrErrors": 3, "Ip.InUnknownProtos": 4, "Ip.InDiscards": 5,
		"Ip.OutNoRoutes": 7, "Ip.FragFails": 8, "Ip.InNoRoutes": 40, "Ip.InTruncatedPkts": 41,
		"Udp.NoPorts": 11, "Udp.InErrors": 43, "Udp.RcvbufErrors": 20, "Udp.InCsumErrors": 30, "Udp.MemErrors": 7,
		"Ip6.InHdrErrors": 51, "Ip6.InNoRoutes": 53, "Udp6.InErrors": 0, "Udp6.InCsumErrors": 9,
	}
	if diff := cmp.Diff(want, raw.losses()); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

func TestStackRefusesOtherText(t *testing.T) {
	for name, parse := range map[string]func() error{
		"lonely line":    func() error { return snmp{}.parseTable([]byte("Ip: InDiscards\n")) },
		"missing value":  func() error { return snmp{}.parseTable([]byte("Ip: InDiscards FragFails\nIp: 1\n")) },
		"other protocol": func() error { return snmp{}.parseTable([]byte("Ip: InDiscards\nUdp: 1\n")) },
		"empty lines":    func() error { return snmp{}.parseTable([]byte("Ip: A\n\nIp: 1\n\n")) },
		"three words":    func() error { return snmp{}.parseList([]byte("Ip6InDiscards 1 2\n")) },
	} {
		if err := parse(); !errors.Is(err, errSNMP) {
			t.Errorf("%s: error is %v, want %v", name, err, errSNMP)
		}
	}
}

// FuzzStackLosses looks for text that the parsers stumble over.
func FuzzStackLosses(f *testing.F) {
	f.Add([]byte(snmpText), []byte(snmp6Text))
	f.Add([]byte("Ip:\nIp:\n"), []byte("\n"))
	f.Fuzz(func(t *testing.T, table, list []byte) {
		raw := snmp{}
		if raw.parseTable(table) != nil || raw.parseList(list) != nil {
			return
		}
		for name, n := range raw.losses() {
			if whole := raw["UdpInErrors"]; name == "Udp.InErrors" && n > whole {
				t.Errorf("%s is %d of %d", name, n, whole)
			}
		}
	})
}

// TestStackCounts loses packets at three places of B's stack, each exactly as often
// as its one counter says.
func TestStackCounts(t *testing.T) {
	bed := up(t, Config{Topology: Route, IPv6: true})
	before := mustCounters(t, bed)
	if before.StackRouter["Udp6.NoPorts"] != 0 || len(before.StackRouter) != len(before.StackA) {
		t.Errorf("router's stack counted %v", before.StackRouter)
	}
	for range 3 {
		// A new socket each time: the answer that nobody listens is an error of the next send.
		mustWrite(t, bed, "nobody listens")
	}
	full := listen(t, bed.B(), bed.B().Addr6)
	if err := full.SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	client := dial(t, bed.A(), bed.B().Addr6)
	const packets = 100
	for range packets {
		if _, err := client.Write(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := bed.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	received := queued(t, full)
	want := Stack{"Udp.NoPorts": 3, "Udp6.RcvbufErrors": packets - received}
	diff := mustCounters(t, bed).Sub(before)
	if d := cmp.Diff(want, diff.StackB); d != "" {
		t.Errorf("B lost (-want +got):\n%s", d)
	}
	if len(diff.StackA)+len(diff.StackRouter) > 0 {
		t.Errorf("A lost %v, the router %v", diff.StackA, diff.StackRouter)
	}
}

func mustWrite(t *testing.T, bed *Testbed, text string) {
	t.Helper()
	if _, err := dial(t, bed.A(), bed.B().Addr).Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// queued returns how many packets wait in the socket, now that none is on the way.
func queued(t *testing.T, conn *net.UDPConn) (n uint64) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		for {
			if _, _, err := unix.Recvfrom(int(fd), make([]byte, 2048), unix.MSG_DONTWAIT); err != nil {
				return
			}
			n++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
