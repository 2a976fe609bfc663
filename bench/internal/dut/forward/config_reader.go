package forward

import (
	"fmt"
	"path/filepath"
	"strings"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/yamlfile"
	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

type node = yamlfile.Node

// configReader fills in a Config.
type configReader struct {
	yamlfile.Reader
	config Config
	nodes  map[string]*node // by key, as in a.mtu, and by key and value, as in "a.addresses 10.0.0.1/24"
}

func newConfigReader(name string) *configReader {
	return &configReader{Reader: yamlfile.Reader{Name: name}, config: Config{Options: Defaults()}, nodes: map[string]*node{}}
}

// at is the first of these that there is in the file, or else the whole of it.
func (r *configReader) at(document *node, keys ...string) *node {
	for _, key := range keys {
		if n := r.nodes[key]; n != nil {
			return n
		}
	}
	return document
}

// key takes a key of the description.
func (r *configReader) key(key string, n *node) (err error) {
	c := &r.config
	r.nodes[key] = n
	switch key {
	case "a":
		err = r.device(n, key, &c.A, &c.InterfaceA)
	case "b":
		err = r.device(n, key, &c.B, &c.InterfaceB)
	case "dev":
		c.Kind, err = word(r, n, key, tun.ParseKind, "tun, tap")
	case "attach":
		c.Attach, err = r.Bool(n, key)
	case "queues":
		c.Queues, err = r.Int(n, key, 1, tun.MaxQueues, "")
	case "vnet":
		if c.VnetHdr, err = r.Bool(n, key); !c.VnetHdr && r.nodes["offload"] == nil {
			c.Offload = tun.OffloadNone
		}
	case "offload":
		c.Offload, err = word(r, n, key, tun.ParseOffload, "none, csum, tso, uso, all, tunnel")
	case "batch":
		c.Batch, err = r.Int(n, key, 1, forwarder.MaxBatch, "packets")
	case "spin":
		c.Spin, err = r.Duration(n, key, 0, forwarder.MaxSpin)
	case "engine":
		c.Engine, err = word(r, n, key, forwarder.ParseEngine, list(forwarder.Engines()))
	case "gso":
		c.GSO, err = word(r, n, key, forwarder.ParseGSO, list(forwarder.GSOs()))
	case "gro":
		c.GRO, err = word(r, n, key, forwarder.ParseGRO, list(forwarder.GROs()))
	case "steer":
		c.Steer, err = word(r, n, key, steer.ParsePolicy, list(steer.Policies()))
	case "intake":
		c.Intake, err = word(r, n, key, intake.ParseMode, list(intake.Modes()))
	case "follow":
		c.Follow, err = word(r, n, key, forwarder.ParseFollow, list(forwarder.Follows()))
	case "cpus":
		err = r.cpus(n, key)
	case "metrics":
		if c.Metrics, err = r.Text(n, key); err == nil && CheckMetrics(c.Metrics) != nil {
			err = r.ErrorAt(n, "%s: %s: want HOST:PORT, such as 127.0.0.1:9100", key, c.Metrics)
		}
	}
	return err
}

// word is one of the words that parse takes.
func word[T any](r *configReader, n *node, key string, parse func(string) (T, error), allowed string) (value T, err error) {
	if yamlfile.IsText(n) {
		if value, err = parse(n.Value); err == nil {
			return value, nil
		}
	}
	return value, r.ErrorAt(n, "%s: %s: want %s", key, n.Value, allowed)
}

// list are words for people.
func list[W ~string](words []W) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

// cpus is a list of numbers, or a text as taskset has it.
func (r *configReader) cpus(n *node, key string) error {
	texts, err := r.List(n, key)
	if err != nil {
		return err
	}
	text := strings.Join(texts, ",")
	cpus, err := host.ParseCPUs(text)
	if err != nil {
		return r.ErrorAt(n, "%s: %s: %v", key, text, err)
	}
	if err := host.CheckCPUs(cpus); err != nil {
		return r.ErrorAt(n, "%s: %v", key, err)
	}
	r.config.CPUs = cpus
	return nil
}

// netns is a name as `ip netns` lists it, or an absolute path.
func (r *configReader) netns(n *node, key string) (string, error) {
	text, err := r.Text(n, key)
	switch {
	case err != nil:
		return "", err
	case filepath.IsAbs(text):
		return text, nil
	case strings.ContainsAny(text, "/:\x00") || text == "." || text == "..":
		return "", r.ErrorAt(n, "%s: %s: want a name as `ip netns` lists it, or an absolute path", key, fmt.Sprintf("%q", text))
	}
	return filepath.Join(netnsDir, text), nil
}
