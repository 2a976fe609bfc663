package testbed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Stack counts what the IP stack of one namespace lost, by protocol and counter as
// nstat(8) knows them: "Ip.InDiscards", "Udp6.RcvbufErrors". A reading has every
// name that the kernel knows, a difference only those that moved.
//
// No packet is in two of them, nor in a counter of LinkCounters; therefore
//   - Udp.InErrors is what remains of the kernel's without RcvbufErrors,
//     InCsumErrors and MemErrors, which it counts again (__udp_queue_rcv_skb in
//     net/ipv4/udp.c);
//   - Ip.OutDiscards and Udp.SndbufErrors are missing. They count that a local send
//     came back with an error: a drop that the qdisc or the device counted before,
//     or one that the sender was told of (ip_send_skb in net/ipv4/ip_output.c,
//     udp_send_skb);
//   - so is Ip6.InTooBigErrors, which repeats FragFails (ip6_forward).
//
// A sender that the stack refuses in the call itself, for want of a route or because
// the packet is too big, finds it in OutNoRoutes or FragFails and is told as well.
// A superpacket that is lost whole counts once.
type Stack map[string]uint64

// Sub returns what was counted since prev, an earlier reading of the same namespace,
// without the counters that stood still. It is nil if all did.
func (s Stack) Sub(prev Stack) Stack {
	var diff Stack
	for name, n := range s {
		if n == prev[name] {
			continue
		}
		if diff == nil {
			diff = Stack{}
		}
		diff[name] = n - prev[name]
	}
	return diff
}

// readStack reads the counters of one namespace.
func (ns *Namespace) readStack() (s Stack, err error) {
	raw := snmp{}
	err = ns.Do(func() error {
		for _, file := range snmpFiles() {
			if err := raw.read(file); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read IP stack's counters in %s: %w", ns.name, err)
	}
	return raw.losses(), nil
}

// snmp has the counters of a namespace by protocol and name without anything
// between: "IpInDiscards".
type snmp map[string]uint64

// snmpFile is one file of counters for the namespace of the current thread.
type snmpFile struct {
	path  string
	parse func(snmp, []byte) error
}

func snmpFiles() []snmpFile {
	return []snmpFile{
		{"/proc/thread-self/net/snmp", snmp.parseTable},
		{"/proc/thread-self/net/netstat", snmp.parseTable},
		{"/proc/thread-self/net/snmp6", snmp.parseList},
	}
}

// read adds the counters of a file. One that is missing has none: a kernel without
// IPv6 has no snmp6.
func (raw snmp) read(file snmpFile) error {
	b, err := os.ReadFile(file.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := file.parse(raw, b); err != nil {
		return fmt.Errorf("parse %s: %w", file.path, err)
	}
	return nil
}

var errSNMP = errors.New("not as the kernel writes it")

// parseTable adds counters from pairs of lines, "Udp: NoPorts …" above "Udp: 3 …".
// The extended counters of IP are filed with its others.
func (raw snmp) parseTable(b []byte) error {
	lines := bytes.Split(bytes.TrimSpace(b), []byte{'\n'})
	if len(lines)%2 != 0 {
		return fmt.Errorf("%w: %d lines", errSNMP, len(lines))
	}
	for ; len(lines) > 0; lines = lines[2:] {
		names, values := strings.Fields(string(lines[0])), strings.Fields(string(lines[1]))
		if len(names) == 0 || len(names) != len(values) || names[0] != values[0] {
			return fmt.Errorf("%w: %q above %q", errSNMP, lines[0], lines[1])
		}
		protocol := strings.TrimSuffix(strings.TrimSuffix(names[0], ":"), "Ext")
		for i := 1; i < len(names); i++ {
			raw.add(protocol+names[i], values[i])
		}
	}
	return nil
}

// parseList adds counters from lines "Ip6InDiscards 3".
func (raw snmp) parseList(b []byte) error {
	for line := range bytes.Lines(b) {
		words := strings.Fields(string(line))
		if len(words) != 2 {
			return fmt.Errorf("%w: %q", errSNMP, line)
		}
		raw.add(words[0], words[1])
	}
	return nil
}

// add leaves out what is no count: Tcp.MaxConn can be -1.
func (raw snmp) add(name, value string) {
	if n, err := strconv.ParseUint(value, 10, 64); err == nil {
		raw[name] = n
	}
}

// losses picks the counters of lost packets and makes them disjoint.
func (raw snmp) losses() Stack {
	s := Stack{}
	for _, version := range []string{"", "6"} {
		for _, name := range []string{
			"InHdrErrors", "InAddrErrors", "InNoRoutes", "InUnknownProtos", "InTruncatedPkts", "InDiscards",
			"OutNoRoutes", "FragFails",
		} {
			s.pick(raw, "Ip"+version, name)
		}
		udp := "Udp" + version
		s.pick(raw, udp, "NoPorts")
		s.pick(raw, udp, "InErrors")
		for _, part := range []string{"RcvbufErrors", "InCsumErrors", "MemErrors"} {
			s.pick(raw, udp, part)
			// A reading between two increments may show a part before the whole.
			s[udp+".InErrors"] -= min(s[udp+".InErrors"], raw[udp+part])
		}
	}
	return s
}

// pick takes over one counter if the kernel has it.
func (s Stack) pick(raw snmp, protocol, name string) {
	if n, ok := raw[protocol+name]; ok {
		s[protocol+"."+name] = n
	}
}
