package wireguard

import (
	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/tun"

	"tunbench/forwarder/wgtun"
)

// openOwn opens wireguard-go as it is.
func openOwn(c Config) (wireGuard, error) {
	t, err := tun.CreateTUN(c.Device, c.MTU)
	if err != nil {
		return nil, err
	}
	return newWireGuardGo(t), nil
}

// openQueues opens wireguard-go on our queues, all of which its one reader reads.
func openQueues(c Config) (wireGuard, error) {
	t, err := wgtun.Open(c.ours())
	if err != nil {
		return nil, err
	}
	return newWireGuardGo(t), nil
}

func newWireGuardGo(t tun.Device) wireGuard {
	return device.NewDevice(t, conn.NewDefaultBind(), device.NewLogger(device.LogLevelError, ""))
}
