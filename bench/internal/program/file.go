package program

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"tunbench/bench/internal/yamlfile"
)

// File describes a program of others: how it is started, what it can do, and how to tell that it is ready.
type File struct {
	Path string `json:"path"` // of the file, absolute
	Text string `json:"text"` // the file itself

	Name        string            `json:"name"`                  // what dut= calls it
	Command     []string          `json:"command"`               // with placeholders; a relative path is one from the file's folder
	Tunnel      bool              `json:"tunnel,omitempty"`      // it is started at both ends of topo=tunnel; else once, between two devices
	Overhead    int               `json:"overhead,omitempty"`    // of a tunnel: bytes before an IP packet on the physical link, or before the frame of a TAP device
	Prepare     []string          `json:"prepare,omitempty"`     // of a tunnel: a command, with placeholders, that is run before both ends
	Creates     bool              `json:"creates,omitempty"`     // it creates its devices; else it attaches to those that are there
	Devs        []string          `json:"devs"`                  // device types that it takes: tun, tap
	MultiQueue  bool              `json:"multiqueue,omitempty"`  // it opens its devices with IFF_MULTI_QUEUE
	Settings    []string          `json:"settings,omitempty"`    // of a scenario's that it understands, besides those of every device
	Environment map[string]string `json:"environment,omitempty"` // with placeholders
	Ready       Ready             `json:"ready"`
	Stop        Stop              `json:"stop"`
	Version     []string          `json:"version,omitempty"` // the command that prints its version
	Build       []string          `json:"build,omitempty"`   // the command that builds it, in the file's folder
}

// Ready says how to tell that the program forwards: by a text that it prints, or by a file that it makes. In any
// case the harness also waits for the carrier of both devices.
type Ready struct {
	Output string        `json:"output,omitempty"` // a text in what it prints
	File   string        `json:"file,omitempty"`   // with placeholders
	Within time.Duration `json:"within_ns"`
}

// Stop says how to end the program: send Signal, and kill the program if it has not ended Within that time.
type Stop struct {
	Signal string        `json:"signal"` // TERM, INT, HUP, QUIT, USR1, USR2 or KILL
	Within time.Duration `json:"within_ns"`
}

// How long a program may take to be ready and to end, where its file does not say.
const (
	DefaultReadyWithin = 10 * time.Second
	DefaultStopWithin  = 5 * time.Second
)

const (
	longestWait  = 10 * time.Minute
	shortestWait = time.Millisecond

	mostOverhead = 500 // bytes
)

// The keys of a program file.
var (
	fileKeys    = []string{"name", "command", "topology", "overhead", "prepare", "devices", "dev", "multiqueue", "settings", "environment", "ready", "stop", "version", "build"}
	readyKeys   = []string{"carrier", "output", "file", "within"}
	stopKeys    = []string{"signal", "within"}
	stopSignals = []string{"TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "KILL"}
)

// Settings are the keys of a scenario that a program file may say its program understands.
var Settings = []string{"vnet", "offload", "queues", "batch", "spin", "engine", "gso", "gro"}

// namePattern is what a name may be: a word of the command line and of a file's name.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,31}$`)

// Read reads a program file. An unknown key or value is an error that names the file, the line and what is
// allowed.
func Read(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read program file: %w", err)
	}
	return Parse(path, text)
}

// Parse reads the text of a program file.
func Parse(path string, text []byte) (*File, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("read program file: %w", err)
	}
	f := &File{
		Path: absolute, Text: string(text), Devs: []string{"tun"},
		Ready: Ready{Within: DefaultReadyWithin}, Stop: Stop{Signal: "TERM", Within: DefaultStopWithin},
	}
	r := &fileReader{Reader: yamlfile.Reader{Name: path}, file: f}
	document, err := r.Document(text)
	if err != nil {
		return nil, err
	}
	if document == nil {
		return nil, fmt.Errorf("%s: it is empty: want %s", path, strings.Join(fileKeys, ", "))
	}
	if err := r.EachKey(document, "key", fileKeys, r.key); err != nil {
		return nil, err
	}
	return f, r.whole(document)
}

// fileReader fills in a File.
type fileReader struct {
	yamlfile.Reader
	file  *File
	later []func() error // what can be checked when all keys are read
}

func (r *fileReader) key(key string, value *yamlfile.Node) (err error) {
	f := r.file
	switch key {
	case "name":
		if f.Name, err = r.Text(value, key); err == nil && !namePattern.MatchString(f.Name) {
			return r.ErrorAt(value, "name: %s: want small letters, digits, -, _ and ., a letter first, at most 32 characters", f.Name)
		}
	case "command":
		if f.Command, err = r.List(value, key); err == nil {
			r.placeholders(value, f.Command...)
		}
	case "topology":
		var topology string
		topology, err = r.Choice(value, key, "direct", "tunnel")
		f.Tunnel = topology == "tunnel"
	case "overhead":
		f.Overhead, err = r.Int(value, key, 1, mostOverhead, "bytes")
		r.ofTunnel(value, key)
	case "prepare":
		if f.Prepare, err = r.List(value, key); err == nil {
			r.placeholders(value, f.Prepare...)
		}
		r.ofTunnel(value, key)
	case "devices":
		var how string
		how, err = r.Choice(value, key, "attach", "create")
		f.Creates = how == "create"
	case "dev":
		f.Devs, err = r.someOf(value, key, []string{"tun", "tap"})
	case "multiqueue":
		f.MultiQueue, err = r.Bool(value, key)
	case "settings":
		f.Settings, err = r.someOf(value, key, Settings)
	case "environment":
		if f.Environment, err = r.Texts(value, key); err == nil {
			err = r.environment(value)
		}
	case "ready":
		err = r.ready(value)
	case "stop":
		err = r.stop(value)
	case "version":
		f.Version, err = r.List(value, key)
	case "build":
		f.Build, err = r.List(value, key)
	}
	return err
}

// ofTunnel finds a key of tunnels where the program is none, when all keys are read.
func (r *fileReader) ofTunnel(n *yamlfile.Node, key string) {
	r.later = append(r.later, func() error {
		if !r.file.Tunnel {
			return r.ErrorAt(n, "%s: it is for tunnels: add topology: tunnel, or leave it out", key)
		}
		return nil
	})
}

// someOf is a list of allowed words, each once.
func (r *fileReader) someOf(n *yamlfile.Node, key string, allowed []string) ([]string, error) {
	words, err := r.List(n, key)
	if err != nil {
		return nil, err
	}
	for i, word := range words {
		if !slices.Contains(allowed, word) {
			return nil, r.ErrorAt(n, "%s: %s: want some of %s", key, word, strings.Join(allowed, ", "))
		}
		if slices.Contains(words[:i], word) {
			return nil, r.ErrorAt(n, "%s: %s is given twice", key, word)
		}
	}
	return words, nil
}

// environment finds names that are the harness's own, or none.
func (r *fileReader) environment(n *yamlfile.Node) error {
	for name, text := range r.file.Environment {
		if strings.ContainsAny(name, "=\x00") {
			return r.ErrorAt(n, "environment: %q: want a name without =", name)
		}
		if strings.HasPrefix(name, prefix) {
			return r.ErrorAt(n, "environment: %s: names that begin with %s are what the program is told", name, prefix)
		}
		r.placeholders(n, text)
	}
	return nil
}

func (r *fileReader) ready(n *yamlfile.Node) error {
	ready := &r.file.Ready
	return r.EachKey(n, "key of ready", readyKeys, func(key string, value *yamlfile.Node) (err error) {
		switch key {
		case "carrier":
			var carrier bool
			if carrier, err = r.Bool(value, key); err == nil && !carrier {
				return r.ErrorAt(value, "carrier: false: both devices must have their carrier in any case: leave it out")
			}
		case "output":
			ready.Output, err = r.Text(value, key)
		case "file":
			if ready.File, err = r.Text(value, key); err == nil {
				r.placeholders(value, ready.File)
			}
		case "within":
			ready.Within, err = r.Duration(value, key, shortestWait, longestWait)
		}
		return err
	})
}

func (r *fileReader) stop(n *yamlfile.Node) error {
	stop := &r.file.Stop
	return r.EachKey(n, "key of stop", stopKeys, func(key string, value *yamlfile.Node) (err error) {
		if key == "signal" {
			stop.Signal, err = r.Choice(value, key, stopSignals...)
			return err
		}
		stop.Within, err = r.Duration(value, key, shortestWait, longestWait)
		return err
	})
}

// whole finds what is missing, or does not go together.
func (r *fileReader) whole(n *yamlfile.Node) error {
	f := r.file
	switch {
	case f.Name == "":
		return r.ErrorAt(n, "name is missing: what dut= is to call the program")
	case len(f.Command) == 0:
		return r.ErrorAt(n, "command is missing: the program and its arguments, such as [./forwarder, --a, \"{a.device}\"]")
	case f.Tunnel && f.Overhead == 0:
		return r.ErrorAt(n, "overhead is missing: how many bytes longer an IP packet is on the physical link, such as 28 for IPv4 and UDP headers: the default MTU leaves room for them")
	case slices.Contains(f.Settings, "queues") && !f.MultiQueue && !f.Creates:
		return r.ErrorAt(n, "settings: queues: a device has several only with multiqueue: true")
	case slices.Contains(f.Settings, "offload") && !slices.Contains(f.Settings, "vnet"):
		return r.ErrorAt(n, "settings: offload: it depends on vnet, which must be one of them too")
	}
	for _, check := range r.later {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Folder returns the folder that the program is built in, and that its relative paths begin at.
func (f *File) Folder() string { return filepath.Dir(f.Path) }

// Understands reports whether the program has this setting of a scenario.
func (f *File) Understands(setting string) bool { return slices.Contains(f.Settings, setting) }
