package testbed

import (
	"context"
	"errors"
	"testing"

	"tunbench/forwarder/tun"
)

func TestConfigRejected(t *testing.T) {
	tests := []struct {
		name  string
		field string
		cfg   Config
	}{
		{"no topology", "Topology", Config{}},
		{"unknown topology", "Topology", Config{Topology: "ring"}},
		{"devices without kind", "Kind", Config{Topology: Devices}},
		{"unknown kind", "Kind", Config{Topology: Devices, Kind: 7}},
		{"MTU too small", "MTU", Config{Topology: Veth, MTU: 67}},
		{"MTU too small for IPv6", "MTU", Config{Topology: Veth, MTU: 1279, IPv6: true}},
		{"MTU too large", "MTU", Config{Topology: Veth, MTU: 65536}},
		{"negative queue length", "TxQueueLen", Config{Topology: Veth, TxQueueLen: -1}},
		{"huge queue length", "TxQueueLen", Config{Topology: Veth, TxQueueLen: 1<<20 + 1}},
		{"unknown qdisc", "Qdisc", Config{Topology: Veth, Qdisc: "fifo_fast"}},
		{"shaper and qdisc", "Qdisc", shaped(func(c *Config) { c.Qdisc = "pfifo" })},
		{"shaper without kind", "Shaper.Kind", shaped(func(c *Config) { c.Shaper.Kind = "" })},
		{"shaper without rate", "Shaper.BitsPerSecond", shaped(func(c *Config) { c.Shaper.BitsPerSecond = 0 })},
		{"burst below a packet", "Shaper.BurstBytes", shaped(func(c *Config) { c.Shaper.BurstBytes = 1513 })},
		{"burst below a large packet", "Shaper.BurstBytes", shaped(func(c *Config) { c.MTU = 9000 })},
		{"burst above a second", "Shaper.BurstBytes", shaped(func(c *Config) { c.Shaper.BurstBytes = 1e6 + 1 })},
		{"tbf with packets", "Shaper limit", shaped(func(c *Config) { c.Shaper.LimitPackets = 1 })},
		{"tbf without limit", "Shaper limit", shaped(func(c *Config) { c.Shaper.LimitBytes = 0 })},
		{"htb with bytes", "Shaper limit", shaped(func(c *Config) { c.Shaper.Kind = HTB })},
		{"sysctl of the host", "Sysctls", Config{Topology: Veth, Sysctls: map[string]string{"kernel.panic": "1"}}},
		{"sysctl as a path", "Sysctls", Config{Topology: Veth, Sysctls: map[string]string{"net/../kernel/panic": "1"}}},
		{"sysctl with empty words", "Sysctls", Config{Topology: Veth, Sysctls: map[string]string{"net...kernel": "1"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bed, err := Up(context.Background(), test.cfg)
			if bed != nil {
				bed.Down()
			}
			var config *ConfigError
			if !errors.As(err, &config) || config.Field != test.field {
				t.Errorf("error is %v, want a ConfigError for %s", err, test.field)
			}
		})
	}
}

// shaped returns a Config with a good Shaper that change makes unusable.
func shaped(change func(*Config)) Config {
	cfg := Config{
		Topology: Veth,
		Shaper:   &Shaper{Kind: TBF, BitsPerSecond: 8e6, BurstBytes: 1514, LimitBytes: 1514},
	}
	change(&cfg)
	return cfg
}

func TestConfigAccepted(t *testing.T) {
	for name, cfg := range map[string]Config{
		"least":    {Topology: Veth},
		"smallest": {Topology: Devices, Kind: tun.TUN, MTU: 68, TxQueueLen: 1},
		"largest":  {Topology: Route, MTU: 65535, TxQueueLen: 1 << 20, IPv6: true},
		"shaped":   shaped(func(*Config) {}),
		"all":      {Topology: Devices, Kind: tun.TAP, Qdisc: "noqueue", Sysctls: map[string]string{"net.core.somaxconn": "1"}},
	} {
		if err := cfg.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
