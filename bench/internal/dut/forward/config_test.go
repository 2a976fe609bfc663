package forward

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed/nic"
	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

const wholeConfig = `# a comment
dev: tap
attach: true
queues: 2
vnet: true
offload: tso
batch: 64
spin: 20us
engine: sync
gso: split
gro: off
steer: kernel
intake: off
follow: off
cpus: 0
metrics: 127.0.0.1:9100
a:
  netns: left
  device: tap0
  up: true
  mtu: 1400
  txqlen: 500
  mac: 02:00:00:00:00:0a
  promiscuous: true
  addresses: [10.0.0.1/24, "fd00::1/64"]
  routes:
    - 10.1.0.0/16
    - {to: default, via: 10.0.0.254, metric: 5}
    - {to: default, via: "fd00::fe"}
  persist: true
  owner: root
  group: 7
b: {netns: /run/other, device: tap1, up: false, bridge: br0, promiscuous: false}
`

// firstCPU is one that this process may use.
func firstCPU(t *testing.T) int {
	t.Helper()
	cpus, err := host.AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	return cpus[0]
}

func TestConfig(t *testing.T) {
	cpu := firstCPU(t)
	got, err := ParseConfig("x.yaml", []byte(strings.Replace(wholeConfig, "cpus: 0", fmt.Sprintf("cpus: %d", cpu), 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Metrics: "127.0.0.1:9100", Options: Options{
		A: Endpoint{"/run/netns/left", "tap0"}, B: Endpoint{"/run/other", "tap1"}, Kind: tun.TAP, Attach: true, Queues: 2, VnetHdr: true,
		Offload: tun.OffloadTSO, Batch: 64, Spin: 20 * time.Microsecond, Engine: forwarder.EngineSync, GSO: forwarder.GSOSplit,
		GRO: forwarder.GROOff, Steer: steer.PolicyKernel, Intake: intake.ModeOff, Follow: forwarder.FollowOff, CPUs: []int{cpu},
		InterfaceA: Interface{Persistent: true, Owner: new(0), Group: new(7), Config: nic.Config{
			Up: new(true), MTU: 1400, TxQueueLen: 500, MAC: []byte{2, 0, 0, 0, 0, 10}, Promiscuous: new(true),
			Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64")},
			Routes: []nic.Route{
				{To: netip.MustParsePrefix("10.1.0.0/16")},
				{To: netip.MustParsePrefix("0.0.0.0/0"), Via: netip.MustParseAddr("10.0.0.254"), Metric: 5},
				{To: netip.MustParsePrefix("::/0"), Via: netip.MustParseAddr("fd00::fe")},
			},
		}},
		InterfaceB: Interface{Config: nic.Config{Up: new(false), Promiscuous: new(false), Bridge: "br0"}},
	}}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{})); diff != "" {
		t.Error(diff)
	}
	bare, err := ParseConfig("x.yaml", []byte("vnet: false\na: {device: tun0}\nb: {device: tun1}"))
	if err != nil {
		t.Fatal(err)
	}
	least := Config{Options: Defaults()}
	least.A.Device, least.B.Device, least.VnetHdr, least.Offload = "tun0", "tun1", false, tun.OffloadNone
	least.InterfaceA.Up, least.InterfaceB.Up = new(true), new(true)
	if diff := cmp.Diff(least, bare); diff != "" {
		t.Error(diff)
	}
}

// TestWrongConfigs: each error names the file, the line, the key, the value and what is allowed.
func TestWrongConfigs(t *testing.T) {
	noCPU := fmt.Sprintf("cpus: [%d, 9999]", firstCPU(t))
	const b = "b: {device: tun1}\n"
	const tap = "dev: tap\nb: {device: tap1}\na:\n  device: tap0\n" // 5 is the next line
	for text, want := range map[string]string{
		"":                                  "x.yaml: it is empty: want a, b, dev",
		"- a":                               "x.yaml:1: want a mapping; each key is one of: a, b, dev",
		b:                                   "x.yaml:1: a.device is missing: the name of the device, such as tun0",
		b + "a: tun0":                       "x.yaml:2: want a mapping; each key of a device is one of: device, netns",
		b + "a: {up: true}":                 "x.yaml:2: a.device is missing",
		b + "a: {device: tun1}":             "x.yaml:1: b.device: tun1: want another device than a",
		b + "a: {device: all}":              "x.yaml:2: a.device: all: want another name",
		b + "a: {device: a/b}":              `x.yaml:2: a.device: "a/b": want no slash, colon or white space`,
		b + "a: {device: sixteen-bytes-xx}": "x.yaml:2: a.device: sixteen-bytes-xx: want at most 15 bytes",
		b + "a: {device: }":                 "x.yaml:2: a.device: want a text",
		b + "a: {device: x, netns: a/b}":    "x.yaml:2: a.netns: \"a/b\": want a name as `ip netns` lists it, or an absolute path",
		b + "a:\n  device: x\n  adress: y":  "x.yaml:4: adress: no such key of a device; there are: device, netns, up",
		b + "device: x":                     "x.yaml:2: device: no such key; there are: a, b, dev",
		b + "a: {device: x}\na: {}":         "x.yaml:3: a is given twice",
		b + "queues: 0":                     "x.yaml:2: queues: 0: want 1 to 256",
		b + "queues: two":                   "x.yaml:2: queues: two: want 1 to 256",
		b + "queues: [1]":                   "x.yaml:2: queues: : want 1 to 256",
		b + "queues: 1.5":                   "x.yaml:2: queues: 1.5: want 1 to 256",
		b + "dev: tub":                      "x.yaml:2: dev: tub: want tun, tap",
		b + "attach: perhaps":               "x.yaml:2: attach: want true or false",
		b + "offload: most":                 "x.yaml:2: offload: most: want none, csum, tso, uso, all, tunnel",
		b + "vnet: false\noffload: tso\na: {device: x}": "x.yaml:3: offload: tso: want none, or the vnet header with it",
		b + "offload: tunnel\na: {device: x}":           "x.yaml:2: offload: tunnel: want all or less, or a TAP device",
		b + "batch: 5000":                               "x.yaml:2: batch: 5000: want 1 to 4096 packets",
		b + "spin: 1s":                                  "x.yaml:2: spin: 1s: want a time from 0s to 10ms",
		b + "engine: vhost":                             "x.yaml:2: engine: vhost: want auto, sync, uring",
		b + "gso: cut":                                  "x.yaml:2: gso: cut: want pass, split",
		b + "gro: on":                                   "x.yaml:2: gro: on: want auto, off",
		b + "steer: me":                                 "x.yaml:2: steer: me: want hash, cpu, kernel",
		b + "intake: [auto]":                            "x.yaml:2: intake: : want off, auto",
		b + "cpus: 0-x":                                 "x.yaml:2: cpus: 0-x: want numbers of CPUs, such as 0 or 0,2-3",
		b + noCPU:                                       "x.yaml:2: cpus: no CPU 9999 here",
		b + "metrics: nonsense":                         "x.yaml:2: metrics: nonsense: want HOST:PORT",
		b + "a: {device: x, up: down}":                  "x.yaml:2: a.up: want true or false",
		b + "a: {device: x, mtu: 67}":                   "x.yaml:2: a.mtu: 67: want 68 to 65535 bytes",
		tap + "  mtu: 65522":                            "x.yaml:5: a.mtu: 65522: want 68 to 65521 bytes",
		b + "a: {device: x, mtu: 1279, addresses: 'fd00::1/64'}":                                       "x.yaml:2: a.mtu: 1279: want 1280 or more for IPv6 (fd00::1/64)",
		b + "a: {device: x, txqlen: 0}":                                                                "x.yaml:2: a.txqlen: 0: want 1 to 1000000 packets",
		tap + "  mac: 01:00:00:00:00:0a":                                                               "x.yaml:5: a.mac: 01:00:00:00:00:0a: want six bytes of one station",
		b + "a: {device: x, mac: '02:00:00:00:00:0a'}":                                                 "x.yaml:2: a.mac: 02:00:00:00:00:0a: want dev: tap",
		b + "a: {device: x, promiscuous: true}":                                                        "x.yaml:2: a.promiscuous: true: want dev: tap",
		b + "a: {device: x, bridge: br0}":                                                              "x.yaml:2: a.bridge: br0: want dev: tap with it",
		tap + "  bridge: 'br 0'":                                                                       "x.yaml:5: a.bridge: br 0: want 1 to 15 bytes",
		tap + "  bridge: tap0":                                                                         "x.yaml:5: a.bridge: tap0: want a bridge, not the device itself",
		tap + "  addresses: 10.0.0.1/24\n  bridge: br0":                                                "x.yaml:5: a.addresses: 10.0.0.1/24: want none on a member of a bridge",
		tap + "  routes: 10.0.0.0/24\n  bridge: br0":                                                   "x.yaml:5: a.routes: 10.0.0.0/24: want none by a member of a bridge",
		b + "a: {device: x, addresses: []}":                                                            "x.yaml:2: a.addresses: want a list with at least one item",
		b + "a: {device: x, addresses: 10.0.0.1}":                                                      "x.yaml:2: a.addresses: 10.0.0.1: want an address of one host with the length of its prefix",
		b + "a: {device: x, addresses: [{a: b}]}":                                                      "x.yaml:2: a.addresses: want a text",
		b + "a:\n  device: x\n  addresses:\n  - 10.0.0.1/8\n  - 10.0.0.1/24":                           "x.yaml:6: a.addresses: 10.0.0.1: want each address once",
		b + "a: {device: x, routes: 10.0.0.1/8}":                                                       "x.yaml:2: a.routes.to: 10.0.0.1/8: want a network without bits beyond its prefix",
		b + "a: {device: x, routes: [{via: 10.0.0.1}]}":                                                "x.yaml:2: a.routes: to is missing",
		b + "a: {device: x, routes: [{to: default, over: y}]}":                                         "x.yaml:2: over: no such key of a route; there are: to, via, metric",
		b + "a: {device: x, routes: [{to: default, metric: -1}]}":                                      "x.yaml:2: a.routes.metric: -1: want 1 to 4294967295",
		b + "a: {device: x, routes: [{to: default, via: 10.0.0.0/8}]}":                                 "x.yaml:2: a.routes.via: 10.0.0.0/8: want the address of one router",
		b + "a:\n  device: x\n  addresses: 10.0.0.1/24\n  routes:\n  - to: default\n    via: 10.9.9.9": "x.yaml:7: a.routes.via: 10.9.9.9: want an address in a network of the device",
		b + "a: {device: x, up: false, routes: default}":                                               "x.yaml:2: a.routes: 0.0.0.0/0: want up: true with it",
		b + "a: {device: x, persist: yes please}":                                                      "x.yaml:2: a.persist: want true or false",
		b + "a: {device: tun%d, persist: true}":                                                        "x.yaml:2: a.device: tun%d: want a whole name with persist: true",
		b + "a: {device: x, owner: root}":                                                              "x.yaml:2: a.owner: want persist: true with it",
		b + "a: {device: x, group: root}":                                                              "x.yaml:2: a.group: want persist: true with it",
		b + "a: {device: x, persist: true, owner: no-such-user}":                                       "x.yaml:2: a.owner: no-such-user: no such user here",
		b + "a: {device: x, persist: true, group: no-such-group}":                                      "x.yaml:2: a.group: no-such-group: no such group here",
		b + "a: {device: x, persist: true, owner: -1}":                                                 "x.yaml:2: a.owner: -1: want 0 to 4294967294, or a name",
		b + "---\na: {}": "more than one document",
		b + "\ta: {}":    "x.yaml: yaml:",
	} {
		_, err := ParseConfig("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadConfig(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("of no file: %v", err)
	}
}

// FuzzParseConfig: what is accepted can be opened as far as anybody can tell without a host.
func FuzzParseConfig(f *testing.F) {
	f.Add(wholeConfig)
	f.Add("a: {device: tun0}\nb: {device: tun1}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseConfig("x.yaml", []byte(text))
		if err != nil {
			return
		}
		if err := c.Options.check(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}
