package wgtun_test

import (
	"fmt"
	"log"

	forkconn "github.com/tailscale/wireguard-go/conn"
	forkdevice "github.com/tailscale/wireguard-go/device"
	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"

	"tunbench/forwarder/wgtun"
)

// configuration is what wg(8) would send.
const configuration = `private_key=…
listen_port=51820
public_key=…
endpoint=192.0.2.2:51820
allowed_ip=10.9.0.0/24
`

// WireGuard in Go on a device of this package, in place of tun.CreateTUN.
func ExampleOpen() {
	queues, err := wgtun.Open(wgtun.Config{Name: "wg0", MTU: 1420})
	if err != nil {
		log.Fatal(err)
	}
	wireguard := device.NewDevice(queues, conn.NewDefaultBind(), device.NewLogger(device.LogLevelError, "wg0: "))
	defer wireguard.Close() // and the device with it
	if err := wireguard.IpcSet(configuration); err != nil {
		log.Fatal(err)
	}
	if err := wireguard.Up(); err != nil {
		log.Fatal(err)
	}
	<-wireguard.Wait()
}

// The fork has a reader for each queue; the steering program keeps a flow on one of them, in both
// directions.
func ExampleOpenMultiQueue() {
	queues, err := wgtun.OpenMultiQueue(wgtun.Config{Name: "wg0", MTU: 1420, Queues: 4})
	if err != nil {
		log.Fatal(err)
	}
	name, _ := queues.Name()
	fmt.Println(name, "has", len(queues.Queues()), "queues")
	wireguard := forkdevice.NewDevice(queues, forkconn.NewDefaultBind(), forkdevice.NewLogger(forkdevice.LogLevelError, name+": "))
	defer wireguard.Close()
	if err := wireguard.IpcSet(configuration); err != nil {
		log.Fatal(err)
	}
	if err := wireguard.Up(); err != nil {
		log.Fatal(err)
	}
	<-wireguard.Wait()
}
