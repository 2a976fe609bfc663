// Package wgtun gives the queues of a TUN device to WireGuard in Go: [Device] is the tun.Device
// of golang.zx2c4.com/wireguard, [MultiQueueDevice] that of its fork
// github.com/tailscale/wireguard-go, which has a reader for each queue.
//
//	queues, err := wgtun.Open(wgtun.Config{Name: "wg0", MTU: 1420})
//	…
//	wireguard := device.NewDevice(queues, conn.NewDefaultBind(), logger)
//
// A Read takes all that the queues hold, up to BatchSize packets, where the packages' own
// devices take one packet or superpacket: without inner GSO a Read of theirs is one datagram. A
// Write coalesces the TCP and UDP packets that it is given, flow by flow, and sends each
// superpacket with one system call. Packets of one flow stay in order. No packet costs an
// allocation.
//
// With several queues a steering program gives a flow one queue for both directions (package
// steer), where the kernel alone would have the first reply leave by another queue than
// those that follow.
//
// # Who owns what
//
//   - core owns the device, the steering program and the order in which they are opened and closed.
//   - A reader owns the packet that was read last, until all its segments are handed out. It
//     belongs to one Read at a time.
//   - A writer owns one queue's coalescer. It belongs to one Write at a time.
//   - link owns the socket that tells what becomes of the device, and follows it into another
//     network namespace.
package wgtun
