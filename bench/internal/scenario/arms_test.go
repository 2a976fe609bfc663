package scenario

import (
	"errors"
	"strings"
	"testing"
)

func TestParseArms(t *testing.T) {
	for _, test := range []struct{ words, a, b string }{
		{"", "", ""},
		{"a:dut=forwarder b:dut=wireguard-go size=1400", "size=1400", "dut=wireguard-go size=1400"},
		{"a:gro=auto b:gro=off flows=8", "flows=8", "gro=off flows=8"},
		{"load=1000 a:load=2k", "load=2000", "load=1000"},
		{"queues=2 flows=4 b:dut=route", "queues=2 flows=4", "dut=route flows=4"},
		{"b:size=128/queues=2 b:size=64", "", "queues=2"},
		{"a:gen=socket b:gen=iperf3 proto=tcp", "proto=tcp", "proto=tcp gen=iperf3"},
		{"gen=xdp-ip b:proto=tcp", "gen=xdp-ip", "proto=tcp"},
		{"a:" + defaultName + " b:dut=veth", "", "dut=veth"},
	} {
		t.Run(test.words, func(t *testing.T) {
			a, b, err := ParseArms(strings.Fields(test.words))
			if err != nil {
				t.Fatal(err)
			}
			if want := parseOne(t, test.a); a != want {
				t.Errorf("A is %s, want %s", a.Name(), want.Name())
			}
			if want := parseOne(t, test.b); b != want {
				t.Errorf("B is %s, want %s", b.Name(), want.Name())
			}
		})
	}
}

func TestParseArmsErrors(t *testing.T) {
	for _, test := range []struct{ words, word, reason string }{
		{"a:size=64,128", "a:size=64,128", "several values"},
		{"size=64,128", "size=64,128", "several values"},
		{"b:size=64 b:size=128", "b:size=128", "twice"},
		{"a:dut=veth a:queues=2", "queues=2", "dut=forwarder"},
		{"a:dut=veth b:dut=route queues=2", "queues=2", "dut=forwarder"},
		{"a:proto=tcp b:load=pingpong gen=xdp", "gen=xdp", "need sockets"},
		{"c:size=64", "c:size=64", "no such key"},
		{"a:sise=64", "sise=64", "did you mean size"},
		{"b:size=9000", "size=9000", "above mtu"},
	} {
		_, _, err := ParseArms(strings.Fields(test.words))
		var usage *UsageError
		if !errors.As(err, &usage) || usage.Word != test.word || !strings.Contains(usage.Reason, test.reason) {
			t.Errorf("ParseArms(%q) = %v; want word %q, reason %q", test.words, err, test.word, test.reason)
		}
	}
}
