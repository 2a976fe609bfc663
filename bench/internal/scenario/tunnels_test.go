package scenario

import (
	"errors"
	"strings"
	"testing"
)

// TestTunnelNames: a tunnel says its topology in its name, and an MTU that fits is the default.
func TestTunnelNames(t *testing.T) {
	for words, want := range map[string]string{
		"dut=plain":                                              "topo=tunnel mtu=1472 linkmtu=1500 linkrate=unlimited linkdelay=0s ugso=on ugro=on",
		"dut=plain topo=tunnel dev=tap":                          "mtu=1458",
		"dut=plain linkmtu=9000 ugro=off":                        "mtu=8972 ugro=off",
		"dut=plain linkrate=2.5G":                                "linkrate=2500000000",
		"dut=plain queues=2 linkdelay=10ms":                      "queues=2 linkdelay=10ms",
		"dut=openvpn":                                            "cipher=aes-256-gcm mtu=1448",
		"dut=openvpn dev=tap cipher=none":                        "mtu=1450 dev=tap",
		"dut=wireguard-go topo=tunnel":                           "wgtun=own queues=1 mtu=1440",
		"dut=wireguard-go topo=tunnel wgtun=multiqueue queues=2": "steer=hash",
		"dut=nebula":                                             "topo=tunnel gen=socket mtu=1440",
		"dut=vxlan":                                              "topo=tunnel mtu=1450",
		"dut=ipip":                                               "mtu=1480",
		"dut=gre linkmtu=1600":                                   "mtu=1576",
		"dut=wireguard ip=6":                                     "topo=tunnel mtu=1440",
	} {
		scenarios, err := Parse(strings.Fields(words))
		if err != nil {
			t.Errorf("Parse(%q): %v", words, err)
			continue
		}
		name := scenarios[0].Name()
		for _, pair := range strings.Fields(want) {
			if !strings.Contains("/"+name+"/", "/"+pair+"/") {
				t.Errorf("%q has no %s: %s", words, pair, name)
			}
		}
		if again, err := Parse([]string{name}); err != nil || again[0] != scenarios[0] {
			t.Errorf("Parse(%q) = %+v, %v", name, again, err)
		}
	}
}

func TestWrongWordsForTunnels(t *testing.T) {
	for words, want := range map[string]string{
		"dut=plain mtu=1473":                    "with the 28 bytes that dut=plain adds a packet does not fit linkmtu=1500; allowed: up to mtu=1472, or linkmtu=1501",
		"dut=plain dev=tap mtu=1472":            "with the 42 bytes",
		"dut=plain topo=direct":                 "dut=plain cannot be measured in it; allowed: tunnel",
		"dut=forwarder topo=tunnel":             "dut=forwarder cannot be measured in it; allowed: direct",
		"dut=forwarder linkmtu=1400":            "applies only to topo=tunnel",
		"dut=forwarder ugso=off":                "applies only to dut=plain",
		"dut=plain linkrate=10k":                "not a rate",
		"dut=plain engine=sync":                 "applies only to dut=forwarder",
		"dut=plain sink=xdp dev=tun":            "no XDP in its driver",
		"dut=plain linkmtu=700 size=1400":       "above mtu=672",
		"dut=plain linkmtu=699":                 "out of range",
		"dut=plain cipher=none":                 "applies only to dut=openvpn topo=tunnel",
		"dut=wireguard-go wgtun=queues":         "applies only to dut=wireguard-go topo=tunnel",
		"dut=wireguard-go topo=tunnel queues=2": "the package's own device has one queue",
		"dut=nebula gen=xdp":                    "drops packets",
		"dut=nebula ip=6":                       "IPv4",
		"dut=ipip ip=6":                         "carries IPv4 only",
	} {
		_, err := Parse(strings.Fields(words))
		if usage := (*UsageError)(nil); !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v; want %q", words, err, want)
		}
	}
}

// TestDeclaredTunnel: a tunnel of a user's is one, with the overhead that it says, and nothing else.
func TestDeclaredTunnel(t *testing.T) {
	declare := func(p ...Program) {
		if err := Declare(p); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { declare() })
	declare(Program{Name: "myvpn", Devs: []Dev{TUN, TAP}, Settings: []string{"queues"}, Tunnel: true, Overhead: 60}, Program{Name: "mine", Devs: []Dev{TUN}})
	for words, want := range map[string]string{
		"dut=myvpn":               "topo=tunnel mtu=1440 dev=tun queues=1",
		"dut=myvpn dev=tap":       "mtu=1426",
		"dut=myvpn linkmtu=9000":  "mtu=8940",
		"dut=mine":                "dut=mine",
		"dut=myvpn,plain ip=6":    "topo=tunnel",
		"dut=myvpn topo=tunnel":   "queues=1",
		"dut=myvpn mtu=1441":      "!with the 60 bytes that dut=myvpn adds a packet does not fit linkmtu=1500; allowed: up to mtu=1440, or linkmtu=1501",
		"dut=myvpn topo=direct":   "!dut=myvpn cannot be measured in it; allowed: tunnel",
		"dut=mine topo=tunnel":    "!dut=mine cannot be measured in it",
		"dut=myvpn batch=7":       "!dut=myvpn does not understand it",
		"dut=myvpn cipher=none":   "!applies only to dut=openvpn",
		"dut=myvpn load=pingpong": "topo=tunnel",
	} {
		scenarios, err := Parse(strings.Fields(words))
		if wrong, ok := strings.CutPrefix(want, "!"); ok {
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("Parse(%q): %v; want %q", words, err, wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("Parse(%q): %v", words, err)
			continue
		}
		name := scenarios[0].Name()
		for _, pair := range strings.Fields(want) {
			if !strings.Contains("/"+name+"/", "/"+pair+"/") {
				t.Errorf("%q has no %s: %s", words, pair, name)
			}
		}
		if s := scenarios[0]; !s.IsProgram() || !s.HasProcess() {
			t.Errorf("%q is no program", words)
		}
	}
	for _, name := range []DUT{Plain, WireGuard, Nebula, Forwarder} {
		if err := Declare([]Program{{Name: name, Devs: []Dev{TUN}, Tunnel: true, Overhead: 28}}); err == nil {
			t.Errorf("a tunnel of a user's took the name %s", name)
		}
	}
}

// TestTunnelTester: the tester meets a tunnel's device as it meets the forwarder's, whatever the link is like.
func TestTunnelTester(t *testing.T) {
	one, err := Parse([]string{"dut=plain", "linkrate=1G", "ugso=off"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := Parse([]string{"dut=forwarder", "mtu=1472"})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := one[0].Tester(), other[0].Tester(); a != b {
		t.Errorf("Tester() = %s; want %s", a, b)
	}
}
