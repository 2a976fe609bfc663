package nic

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"tunbench/forwarder/tun"
)

func route(to, via string, metric int) Route {
	r := Route{To: netip.MustParsePrefix(to), Metric: metric}
	if via != "" {
		r.Via = netip.MustParseAddr(via)
	}
	return r
}

// TestParse: each error says what is wanted instead.
func TestParse(t *testing.T) {
	mac := func(text string) error { _, err := ParseMAC(text); return err }
	address := func(text string) error { _, err := ParseAddress(text); return err }
	via := func(text string) error { _, err := ParseVia(text); return err }
	to := func(text string) error { _, err := ParseTo(text, netip.Addr{}); return err }
	for _, tc := range []struct {
		parse       func(string) error
		right, what string
		wrong       []string
	}{
		{mac, "02:00:00:00:00:0a", "six bytes", []string{"", "01:00:00:00:00:0a", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00", "02:00:00:00:00:00:00:0a", "x"}},
		{address, "fd00::1/64", "10.0.0.1/24", []string{"", "10.0.0.1", "10.0.0.1/33", "0.0.0.0/0", "224.0.0.1/4", "ff02::1/16", "::ffff:10.0.0.1/120", "127.0.0.1/8", "::1/128", "255.255.255.255/32", "fe80::1%eth0/64", "10.0.0.1/0"}},
		{via, "10.0.0.254", "one router", []string{"", "10.0.0.0/8", "0.0.0.0", "::", "ff02::2", "fe80::1%eth0", "host"}},
		{to, "fd00::/8", "default", []string{"", "10.0.0.1/8", "10.0.0.0", "224.0.0.0/4", "::ffff:0.0.0.0/96", "Default"}},
		{CheckName, "br-lan.7", "15 bytes", []string{"", "a/b", "a b", "sixteen-bytes-xx", "..", "br%d", "a:b", "a\x00"}},
	} {
		if err := tc.parse(tc.right); err != nil {
			t.Errorf("%q: %v", tc.right, err)
		}
		for _, text := range tc.wrong {
			if err := tc.parse(text); err == nil || !strings.Contains(err.Error(), tc.what) {
				t.Errorf("%q: %v, want %q", text, err, tc.what)
			}
		}
	}
	for via, want := range map[string]string{"10.0.0.1": "0.0.0.0/0", "fd00::1": "::/0"} {
		if got, err := ParseTo("default", netip.MustParseAddr(via)); err != nil || got.String() != want {
			t.Errorf("default via %s: %v, %v", via, got, err)
		}
	}
}

// TestCheck: what does not go together names the key.
func TestCheck(t *testing.T) {
	v4, v6 := netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64")
	mac, err := ParseMAC("02:00:00:00:00:0a")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		key  string
		kind tun.Kind
		cfg  Config
	}{
		{"", tun.TUN, Config{}},
		{"", tun.TAP, Config{MTU: 65521, TxQueueLen: 1, MAC: mac, Promiscuous: new(true), Bridge: "br0", Up: new(true)}},
		{"", tun.TUN, Config{MTU: 1280, Addresses: []netip.Prefix{v4, v6}, Routes: []Route{
			route("0.0.0.0/0", "10.0.0.254", 0), route("0.0.0.0/0", "", 1), route("::/0", "fe80::1", 0), route("10.9.0.0/16", "", 0), route("10.8.0.0/16", "10.9.9.9", 0),
		}}},
		{"", tun.TUN, Config{Routes: []Route{route("10.0.0.0/8", "192.0.2.1", 0)}}}, // by addresses that are there
		{"mtu", tun.TUN, Config{MTU: 67}},
		{"mtu", tun.TUN, Config{MTU: 65536}},
		{"mtu", tun.TAP, Config{MTU: 65522}},
		{"mtu", tun.TUN, Config{MTU: 1279, Addresses: []netip.Prefix{v6}}},
		{"txqlen", tun.TUN, Config{TxQueueLen: -1}},
		{"txqlen", tun.TUN, Config{TxQueueLen: MaxTxQueueLen + 1}},
		{"mac", tun.TUN, Config{MAC: mac}},
		{"promiscuous", tun.TUN, Config{Promiscuous: new(true)}},
		{"bridge", tun.TUN, Config{Bridge: "br0"}},
		{"bridge", tun.TAP, Config{Bridge: "br/0"}},
		{"addresses", tun.TAP, Config{Bridge: "br0", Addresses: []netip.Prefix{v4}}},
		{"routes", tun.TAP, Config{Bridge: "br0", Routes: []Route{route("10.0.0.0/8", "", 0)}}},
		{"addresses", tun.TUN, Config{Addresses: []netip.Prefix{v4, netip.MustParsePrefix("10.0.0.1/16")}}},
		{"routes", tun.TUN, Config{Up: new(false), Routes: []Route{route("10.0.0.0/8", "", 0)}}},
		{"routes", tun.TUN, Config{Routes: []Route{route("fd00::/64", "", 0), route("fd00::/64", "fe80::1", metricIPv6)}}},
		{"routes.via", tun.TUN, Config{Addresses: []netip.Prefix{v4}, Routes: []Route{route("10.0.0.0/8", "fd00::1", 0)}}},
		{"routes.via", tun.TUN, Config{Addresses: []netip.Prefix{v4}, Routes: []Route{route("0.0.0.0/0", "10.0.0.1", 0)}}},
		{"routes.via", tun.TUN, Config{Addresses: []netip.Prefix{v4}, Routes: []Route{route("0.0.0.0/0", "10.0.1.1", 0)}}},
		{"routes.via", tun.TUN, Config{Addresses: []netip.Prefix{v6}, Routes: []Route{route("::/0", "fd00:1::1", 0)}}},
	} {
		var wrong *ConfigError
		err := tc.cfg.Check(tc.kind)
		if errors.As(err, &wrong); tc.key == "" && err != nil || tc.key != "" && (wrong == nil || wrong.Key != tc.key) {
			t.Errorf("%v %+v: %v, want an error of %q", tc.kind, tc.cfg, err, tc.key)
		}
	}
}
