package wireguard

import (
	"github.com/tailscale/wireguard-go/conn"
	"github.com/tailscale/wireguard-go/device"
	"github.com/tailscale/wireguard-go/tun"

	"tunbench/forwarder/wgtun"
)

// openFork opens the fork as it is.
func openFork(c Config) (wireGuard, error) {
	t, err := tun.CreateTUN(c.Device, c.MTU)
	if err != nil {
		return nil, err
	}
	return newFork(t), nil
}

// openMultiQueue opens the fork on our queues, with a reader for each.
func openMultiQueue(c Config) (wireGuard, error) {
	t, err := wgtun.OpenMultiQueue(c.ours())
	if err != nil {
		return nil, err
	}
	return newFork(t), nil
}

func newFork(t tun.Device) wireGuard {
	return device.NewDevice(t, conn.NewDefaultBind(), device.NewLogger(device.LogLevelError, ""))
}
