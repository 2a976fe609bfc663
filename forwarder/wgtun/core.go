package wgtun

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// core is what both kinds of device have.
type core struct {
	device  *tun.Device
	program *steer.Program // nil: there is none
	steered bool
	queues  []*tun.Queue
	files   []*os.File // of each queue, for the poller
	readers []*reader
	writers []*writer
	link    *link

	close    sync.Once
	closeErr error
}

// openCore opens the device with a writer for each queue. Readers are the caller's to add.
func openCore(cfg Config) (c *core, err error) {
	cfg = cfg.withDefaults()
	if cfg.Steer != "" {
		if _, err := steer.ParsePolicy(string(cfg.Steer)); err != nil {
			return nil, fmt.Errorf("open device: %w", err)
		}
	}
	c = &core{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.shut())
			c = nil
		}
	}()
	if c.device, err = tun.Open(cfg.device()); err != nil {
		return c, err
	}
	c.queues = c.device.Queues()
	if err := c.steer(cfg.Steer); err != nil {
		return c, err
	}
	for _, q := range c.queues {
		file, err := pollable(q)
		if err != nil {
			return c, err
		}
		c.files = append(c.files, file)
		w, err := newWriter(q, file)
		if err != nil {
			return c, err
		}
		c.writers = append(c.writers, w)
	}
	if !c.Offload().Has(tun.OffloadUSO) {
		c.DisableUDPGRO()
	}
	if !c.Offload().Has(tun.OffloadTSO &^ unix.TUN_F_TSO_ECN) {
		c.DisableTCPGRO()
	}
	c.link, err = newLink(cfg.NetNS, c.queues[0])
	return c, err
}

// steer attaches the program of a policy. Where none was named, and this host or user cannot steer, the
// kernel chooses queues.
func (c *core) steer(named steer.Policy) error {
	policy := cmp.Or(named, steer.PolicyHash)
	if len(c.queues) == 1 || policy == steer.PolicyKernel {
		return steer.Clear(c.device, c.queues[0].FD())
	}
	program, err := steer.Load(policy, len(c.queues))
	if err == nil {
		c.program = program
		err = program.Attach(c.queues[0].FD())
	}
	switch {
	case err == nil:
		c.steered = true
		return nil
	case named == "" && errors.As(err, new(*steer.UnsupportedError)):
		return steer.Clear(c.device, c.queues[0].FD())
	}
	return fmt.Errorf("open device %v: %w", c.device, err)
}

// addReader adds a reader of some queues, which sleeps until file is readable.
func (c *core) addReader(queues []*tun.Queue, file *os.File, to destination) (*reader, error) {
	r, err := newReader(queues, file, to)
	if err == nil {
		c.readers = append(c.readers, r)
	}
	return r, err
}

// shut closes everything, once. Reads and Writes that are under way have ended when it returns,
// with os.ErrClosed.
func (c *core) shut() error {
	c.close.Do(func() {
		var errs []error
		if c.steered {
			errs = append(errs, steer.Leave(c.device, c.queues[0].FD()))
		}
		// Closing a file wakes who waits on it, and waits for who is inside.
		for _, r := range c.readers {
			errs = append(errs, ignoreClosed(r.file.Close()))
		}
		for _, file := range c.files {
			errs = append(errs, ignoreClosed(file.Close()))
		}
		if c.link != nil {
			errs = append(errs, c.link.close())
		}
		if c.program != nil {
			errs = append(errs, c.program.Close())
		}
		if c.device != nil {
			errs = append(errs, c.device.Close())
		}
		c.closeErr = errors.Join(errs...)
	})
	return c.closeErr
}

// abandon closes everything after an error.
func (c *core) abandon(err error) error { return errors.Join(err, c.shut()) }

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// File returns the first queue's file. It is owned by the device.
func (c *core) File() *os.File { return c.files[0] }

// Name returns the device's name, as it is now. After Close the error is os.ErrClosed.
func (c *core) Name() (string, error) { return c.link.nameNow() }

// MTU returns the bytes of the longest IP packet that the device takes, as it is set now.
func (c *core) MTU() (int, error) {
	s, err := c.link.look()
	return s.mtu, err
}

// BatchSize returns the constant of that name.
func (c *core) BatchSize() int { return BatchSize }

// Steered reports whether a program chooses the queue of a packet; otherwise there is one queue, or the
// kernel chooses.
func (c *core) Steered() bool { return c.steered }

// DisableUDPGRO has UDP packets written one by one from now on.
func (c *core) DisableUDPGRO() {
	for _, w := range c.writers {
		w.leave(unix.IPPROTO_UDP)
	}
}

// DisableTCPGRO has TCP packets written one by one from now on.
func (c *core) DisableTCPGRO() {
	for _, w := range c.writers {
		w.leave(unix.IPPROTO_TCP)
	}
}

// Offload returns what the kernel leaves to the device: at most what was asked for.
func (c *core) Offload() tun.Offload { return c.device.Offload() }

// Dropped returns how many packets that were read could not be handed out: their headers
// contradict each other, or they are longer than the buffers that Read was given.
func (c *core) Dropped() uint64 {
	n := uint64(0)
	for _, r := range c.readers {
		n += r.dropped.Load()
	}
	return n
}
