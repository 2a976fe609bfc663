package tun

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// open does the work of Open in the current namespace, see lingers for patience.
func open(cfg Config, patience time.Duration) (*Device, error) {
	for range renames {
		dev, err := openOnce(cfg, patience)
		if !errors.Is(err, errStale) {
			return dev, err
		}
	}
	return nil, ErrUnsteady
}

func openOnce(cfg Config, patience time.Duration) (dev *Device, err error) {
	dev = &Device{name: cfg.Name, kind: cfg.Kind, patience: patience}
	defer func() {
		if err != nil {
			err = errors.Join(err, dev.Close())
			dev = nil
		}
	}()
	if dev.control, err = openControl(); err != nil {
		return dev, explainLimit(err)
	}
	if err := dev.openQueues(cfg); err != nil {
		return dev, err
	}
	if cfg.Up {
		return dev, dev.control.setUp(dev.id.index)
	}
	return dev, nil
}

// openQueues opens all queues, and configures the device with the first one.
func (d *Device) openQueues(cfg Config) error {
	for i := range cfg.Queues {
		open := d.openFurther
		if i == 0 {
			open = d.openFirst
		}
		fd, err := open(cfg)
		if err != nil {
			return fmt.Errorf("queue %d: %w", i, err)
		}
		q := NewQueue(fd, d.label, i, d.vnetHdrLen)
		q.ethernet = d.kind == TAP
		d.queues = append(d.queues, q)
		if i > 0 {
			continue
		}
		if err := d.configure(fd, cfg); err != nil {
			return err
		}
		d.label = cfg.label(d.name)
		q.device, q.vnetHdrLen = d.label, d.vnetHdrLen
	}
	return nil
}

// openFirst opens the first queue of the device of the configured name, or of a new one.
func (d *Device) openFirst(cfg Config) (int, error) {
	for range renames {
		index, err := d.control.index(cfg.Name)
		if cfg.Name == "" {
			err = ErrNotExist
		}
		switch {
		case err == nil:
			if err := d.control.checkLink(index, cfg); err != nil {
				if errors.Is(err, ErrNotExist) {
					continue
				}
				return -1, err
			}
			fd, err := attach(cfg.Name, cfg.flags())
			if errors.Is(err, ErrNotExist) {
				continue // renamed or deleted just now
			}
			return fd, err
		case !errors.Is(err, ErrNotExist) || cfg.MustExist:
			return -1, err
		}
		fd, err := create(cfg.Name, cfg.flags())
		if errors.Is(err, errExists) {
			continue // made just now
		}
		d.created = err == nil
		return fd, err
	}
	return -1, ErrUnsteady
}

// openFurther opens one more queue of the device that the first one is of. TUNSETIFF goes
// by name, and somebody may rename the device meanwhile.
func (d *Device) openFurther(cfg Config) (int, error) {
	for range renames {
		name, err := nameOf(d.queues[0].fd)
		if err != nil {
			return -1, err
		}
		fd, err := attach(name, cfg.flags())
		if errors.Is(err, ErrNotExist) || errors.Is(err, ErrMismatch) && !errors.Is(err, unix.E2BIG) {
			continue
		}
		if err != nil {
			return -1, err
		}
		index, _, err := d.control.identify(fd, d.id.namespace)
		if err == nil && index == d.id.index {
			return fd, nil
		}
		if err := errors.Join(err, unix.Close(fd)); err != nil {
			return -1, err
		}
	}
	return -1, ErrUnsteady
}

// configure sets what belongs to the whole device, through its first queue. A queue's
// ring gets the length that the device has at that moment, and resizing later
// reallocates all of them: so the length comes before the second one.
func (d *Device) configure(fd int, cfg Config) (err error) {
	d.id.namespace = currentNamespace()
	if d.id.index, d.name, err = d.control.identify(fd, d.id.namespace); err != nil {
		return err
	}
	if !d.created {
		if err := d.find(fd, cfg); err != nil {
			return err
		}
	}
	if d.offload, err = negotiateOffload(fd, cfg.Offload); err != nil {
		return err
	}
	if cfg.VnetHdr {
		d.vnetHdrLen = d.offload.vnetHdrLen()
		// A device keeps the length that an earlier owner chose.
		if err := setVnetHdrLen(fd, d.vnetHdrLen); err != nil {
			return err
		}
	}
	return d.control.configureLink(d.id.index, cfg)
}
