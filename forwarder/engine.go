package forwarder

import "tunbench/forwarder/tun"

// engine moves packets between queues and memory. It belongs to one worker's thread.
type engine interface {
	// exchange writes the outputs of every direction to its dst, then reads up to its
	// want packets from its src into its in. When it returns nothing is under way, so
	// that another engine may do the next exchange. It fails only when a device cannot
	// be used any more.
	exchange(ds []*direction) error

	// enable makes the calling thread the one that the engine belongs to.
	enable() error

	// disable ends that: the engine keeps no device open any more.
	disable() error

	close() error
}

// newEngine makes what the configuration asks for. Direction i reads from sources[i] and
// writes to its neighbour, sources[i^1]. note is told what auto has to do without.
func newEngine(cfg Config, sources []*tun.Queue, note func(string)) (engine, error) {
	if cfg.Engine == EngineSync {
		return syncEngine{}, nil
	}
	ring, err := newURingEngine(sources, cfg.Batch)
	switch {
	case err == nil && cfg.Engine == EngineURing:
		return ring, nil
	case err == nil:
		return &autoEngine{ring: ring, note: note}, nil
	case cfg.Engine == EngineURing:
		return nil, err
	}
	note("engine sync instead of auto: " + err.Error())
	return syncEngine{}, nil
}

// batches reports whether the engine gains from packets that it can move together.
func batches(e engine) bool {
	_, direct := e.(syncEngine)
	return !direct
}
