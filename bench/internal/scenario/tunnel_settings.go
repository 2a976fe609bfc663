package scenario

import "slices"

// Cipher is what a tunnel encrypts packets with.
type Cipher string

// The ciphers, as OpenVPN names them.
const (
	AES256GCM        Cipher = "aes-256-gcm"
	ChaCha20Poly1305 Cipher = "chacha20-poly1305"
	NoCipher         Cipher = "none" // neither encrypted nor authenticated
)

// WGTun is the TUN device below wireguard-go, and which wireguard-go it is.
type WGTun string

// The devices.
const (
	WGOwn        WGTun = "own"        // wireguard-go with the device of its own package
	WGQueues     WGTun = "queues"     // wireguard-go with the queues of package forwarder/wgtun
	WGFork       WGTun = "fork"       // tailscale's fork with the device of its own package
	WGMultiQueue WGTun = "multiqueue" // tailscale's fork with the queues of package forwarder/wgtun, a reader for each
)

// What tunnels add to a packet within UDP, in bytes.
const (
	// Type, receiver index, counter and tag of a transport message (WireGuard's protocol, section 5.4.6). Shorter packets than the MTU are
	// padded to a multiple of 16 besides.
	wireGuardLen = 4 + 4 + 8 + 16
	// Nebula's header and the tag.
	nebulaLen = 16 + 16
	// Opcode with peer ID, and packet ID, of OpenVPN's data packets (P_DATA_V2); a cipher adds its tag.
	openVPNLen    = 4 + 4
	openVPNTagLen = 16
)

func openVPNOverhead(s *Scenario) int {
	if s.Cipher == NoCipher {
		return inUDP(openVPNLen)(s)
	}
	return inUDP(openVPNLen + openVPNTagLen)(s)
}

// ofTunnel restricts a key to one tunnel.
func (k key) ofTunnel(name DUT) key {
	return k.only("applies only to dut="+string(name)+" topo=tunnel", func(s *Scenario) bool { return s.DUT == name && s.Topo == Tunnel })
}

// canSteer says whether there is a choice of who chooses queues.
func canSteer(s *Scenario) bool {
	t := s.tunnel()
	return (s.DUT == Forwarder || t != nil && slices.Contains(t.settings, "steer")) && s.Queues > 1
}

// checkWGTun keeps queues to the devices that have several.
func checkWGTun(s *Scenario) *breach {
	if s.Queues > 1 && (s.WGTun == WGOwn || s.WGTun == WGFork) {
		return &breach{"the package's own device has one queue", "queues or multiqueue with several queues"}
	}
	return nil
}

// onlyOwn4 says that the tunnel carries only what its ends themselves send, and IPv4.
func (s *Scenario) onlyOwn4() bool {
	t := s.tunnel()
	return t != nil && t.own4
}

func checkIP(s *Scenario) *breach {
	t := s.tunnel()
	switch {
	case t == nil || s.IP != IPv6:
	case t.own4:
		return &breach{"dut=" + string(s.DUT) + " is set up for IPv4 here", "4"}
	case t.ip4:
		return &breach{"dut=" + string(s.DUT) + " carries IPv4 only", "4"}
	}
	return nil
}
