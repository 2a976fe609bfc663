package forward

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"tunbench/bench/internal/testbed/nic"
	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// Config is all that a user says of a forwarder that runs by itself, by flags or by a file.
type Config struct {
	Options
	Metrics string // HOST:PORT to serve counters on; empty: nowhere
}

// Defaults are the options of a user who says nothing; only the names of the devices are missing.
func Defaults() Options {
	return Options{
		Kind: tun.TUN, Queues: 1, VnetHdr: true, Offload: tun.OffloadAll, Batch: forwarder.DefaultBatch, Spin: forwarder.DefaultSpin,
		Engine: forwarder.EngineAuto, GSO: forwarder.GSOPass, GRO: forwarder.GROAuto, Steer: steer.PolicyHash, Intake: intake.ModeOff, Follow: forwarder.FollowAuto,
	}
}

// CheckMetrics finds what cannot be an address to serve counters on.
func CheckMetrics(address string) error {
	_, err := net.ResolveTCPAddr("tcp", address)
	return err
}

// ReadConfig reads a description of a forwarder and its devices. An unknown key or value, or values that do not go together, are an error that
// names the file, the line, the key and what is allowed.
func ReadConfig(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read description of the forwarder: %w", err)
	}
	return ParseConfig(path, text)
}

// ParseConfig reads the text of a description; name is what errors call it.
func ParseConfig(name string, text []byte) (Config, error) {
	r := newConfigReader(name)
	document, err := r.Document(text)
	if err != nil {
		return Config{}, err
	}
	if document == nil {
		return Config{}, fmt.Errorf("%s: it is empty: want %s", name, strings.Join(configKeys, ", "))
	}
	if err := r.EachKey(document, "key", configKeys, r.key); err != nil {
		return Config{}, err
	}
	return r.config, r.whole(document)
}

// The keys of a description, of a device in it, and of a route of that.
var (
	configKeys = []string{
		"a", "b", "dev", "attach", "queues", "vnet", "offload", "batch", "spin", "engine", "gso", "gro", "steer", "intake", "follow", "cpus", "metrics",
	}
	deviceKeys = []string{
		"device", "netns", "up", "mtu", "txqlen", "mac", "promiscuous", "bridge", "addresses", "routes", "persist", "owner", "group",
	}
	routeKeys = []string{"to", "via", "metric"}
)

// whole finds what is missing, or does not go together.
func (r *configReader) whole(document *node) error {
	c := &r.config
	for i, key := range []string{"a", "b"} {
		if err := r.wholeDevice(document, key, c.sides()[i]); err != nil {
			return err
		}
	}
	if c.A == c.B {
		return r.ErrorAt(r.at(document, "b.device"), "b.device: %s: want another device than a", c.B.Device)
	}
	return nil
}

func (r *configReader) wholeDevice(document *node, key string, s side) error {
	if s.Device == "" {
		return r.ErrorAt(r.at(document, key), "%s.device is missing: the name of the device, such as tun0", key)
	}
	at := func(k string) *node { return r.at(document, key+"."+k, key) }
	cfg := r.config.device(s)
	if wrong := (*tun.ConfigError)(nil); errors.As(cfg.Check(), &wrong) {
		if slices.Contains(configKeys, wrong.Field) {
			return r.ErrorAt(r.at(document, wrong.Field), "%s: %s: want %s", wrong.Field, wrong.Value, wrong.Want)
		}
		return r.ErrorAt(at("device"), "%s.device: %s: want %s", key, wrong.Value, wrong.Want)
	}
	if wrong := (*nic.ConfigError)(nil); errors.As(s.Config.Check(r.config.Kind), &wrong) {
		return r.ErrorAt(r.at(document, key+"."+wrong.Key+" "+wrong.Value, key+"."+wrong.Key, key), "%s.%s: %s: want %s", key, wrong.Key, wrong.Value, wrong.Want)
	}
	switch {
	case s.Owner != nil && !s.Persistent:
		return r.ErrorAt(at("owner"), "%s.owner: want persist: true with it: the device goes with the forwarder", key)
	case s.Group != nil && !s.Persistent:
		return r.ErrorAt(at("group"), "%s.group: want persist: true with it: the device goes with the forwarder", key)
	case s.Persistent && strings.Contains(s.Device, "%"):
		return r.ErrorAt(at("device"), "%s.device: %s: want a whole name with persist: true, or there is one more device after each run", key, s.Device)
	case s.Bridge == s.Device:
		return r.ErrorAt(at("bridge"), "%s.bridge: %s: want a bridge, not the device itself", key, s.Bridge)
	}
	return nil
}
