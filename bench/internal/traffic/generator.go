package traffic

import (
	"fmt"

	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/xdp"
)

// GeneratorKind names a way to send.
type GeneratorKind string

// The kinds of generators.
const (
	// GeneratorXDP makes packets inside the kernel: the highest load and the most exact
	// send times, see xdp.Generator.
	GeneratorXDP GeneratorKind = "xdp"
	// GeneratorSocket sends on UDP sockets, as an application does, also superpackets.
	GeneratorSocket GeneratorKind = "socket"
)

// GeneratorConfig says what a generator sends and from where.
type GeneratorConfig struct {
	Kind  GeneratorKind
	Enter thread.Enter // the namespace to send from
	load.Profile
	CPU      int           // the generator's thread runs there only; -1: anywhere
	Redirect *xdp.Redirect // GeneratorXDP: into which device; nil: the IP stack routes
	Segments int           // GeneratorSocket: segments of one superpacket; 1: none
}

// NewGenerator opens a generator. The error is a [host.UnsupportedError] when the kernel
// or the user cannot do it; every host has GeneratorSocket.
func NewGenerator(cfg GeneratorConfig) (load.Generator, error) {
	var g load.Generator
	var err error
	switch cfg.Kind {
	case GeneratorXDP:
		g, err = xdp.New(xdp.Config{Enter: cfg.Enter, Profile: cfg.Profile, CPU: cfg.CPU, Redirect: cfg.Redirect})
	case GeneratorSocket:
		g, err = socket.NewSender(socket.SenderConfig{Enter: cfg.Enter, Profile: cfg.Profile, CPU: cfg.CPU, Segments: cfg.Segments})
	default:
		return nil, fmt.Errorf("generator Kind %q: want %s or %s", cfg.Kind, GeneratorXDP, GeneratorSocket)
	}
	if err != nil {
		return nil, err // and no Generator that holds a nil pointer
	}
	return g, nil
}
