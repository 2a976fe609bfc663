package wireguard

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/wgtun"
)

// Config says what an end is.
type Config struct {
	Device string       // name of the TUN device that it makes
	MTU    int          // of the device, in bytes
	TUN    string       // which WireGuard on which device, one of Variants
	Queues int          // of the device; 1 where it is the module's own
	Steer  steer.Policy // which queue a packet is given; "" is by flow
	File   string       // has the configuration: a set operation of WireGuard's cross-platform interface
}

// wireGuard is a device.Device of either module.
type wireGuard interface {
	IpcSet(config string) error
	Up() error
	Close()
	Wait() chan struct{}
}

// ours is the configuration of a device with our queues.
func (c Config) ours() wgtun.Config {
	return wgtun.Config{Name: c.Device, MTU: c.MTU, Queues: c.Queues, Steer: c.Steer}
}

// variants has for each value of wgtun= how it is opened.
func variants() map[string]func(Config) (wireGuard, error) {
	return map[string]func(Config) (wireGuard, error){
		"own": openOwn, "queues": openQueues, "fork": openFork, "multiqueue": openMultiQueue,
	}
}

// Run is an end until ctx is done (nil), or it ends by itself. It calls ready when its device is up.
func Run(ctx context.Context, cfg Config, ready func() error) error {
	open, known := variants()[cfg.TUN]
	if !known {
		return fmt.Errorf("open WireGuard: no device %q", cfg.TUN)
	}
	text, err := os.ReadFile(cfg.File)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	w, err := open(cfg)
	if err != nil {
		return fmt.Errorf("open WireGuard: %w", err)
	}
	defer w.Close()
	if err := w.IpcSet(string(text)); err != nil {
		return fmt.Errorf("configure WireGuard: %w", err)
	}
	if err := w.Up(); err != nil {
		return fmt.Errorf("set WireGuard up: %w", err)
	}
	if err := ready(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-w.Wait():
		return errors.New("WireGuard ended: its device is gone")
	}
}
