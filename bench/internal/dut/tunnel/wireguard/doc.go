// Package wireguard is one end of the tunnel dut=wireguard-go: golang.zx2c4.com/wireguard or its fork
// github.com/tailscale/wireguard-go, with the modules' own UDP sockets, on their own TUN device or on the queues of
// package forwarder/wgtun.
package wireguard
