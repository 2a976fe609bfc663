package tunnel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tunbench/bench/internal/scenario"
)

// OpenVPN is OpenVPN in user space, between two peers that know each other by certificates.
type OpenVPN struct{}

// openVPNPort is where both ends send and receive, on the physical link.
const openVPNPort = 1194

// openVPNReady is what OpenVPN prints when keys are agreed upon.
const openVPNReady = "Initialization Sequence Completed"

// Name implements [Kind].
func (OpenVPN) Name() string { return string(scenario.OpenVPN) }

// Creates implements [Kind].
func (OpenVPN) Creates() bool { return false }

// MultiQueue implements [Kind].
func (OpenVPN) MultiQueue() bool { return false }

// Missing implements [Kind].
func (OpenVPN) Missing() error { return NeedsProgram("openvpn", "openvpn") }

// Version implements [Kind].
func (OpenVPN) Version() []string { return []string{"openvpn", "--version"} }

// Prepare implements [Kind].
func (o OpenVPN) Prepare(_ context.Context, p Place) (ends [2]Command, err error) {
	ca, err := newAuthority(filepath.Join(p.Dir, "ca.crt"))
	if err != nil {
		return ends, err
	}
	for i, side := range p.Sides() {
		if err := ca.issue(p.Dir, side.Name, int64(2+i)); err != nil {
			return ends, err
		}
		file := filepath.Join(p.Dir, "openvpn-"+side.Name+".conf")
		if err := os.WriteFile(file, []byte(o.config(p, side)), secretMode); err != nil {
			return ends, fmt.Errorf("write configuration: %w", err)
		}
		ends[i] = Command{Args: []string{"openvpn", "--config", file}, Ready: openVPNReady}
	}
	return ends, nil
}

// config is one end's, openvpn(8). Addresses and routes of the device are the scene's.
func (OpenVPN) config(p Place, side Side) string {
	role := []string{"tls-client"}
	if side.Name == "a" {
		role = []string{"tls-server", "dh none"}
	}
	cipher := strings.ToUpper(string(p.Scenario.Cipher))
	security := []string{"data-ciphers " + cipher, "cipher " + cipher}
	if p.Scenario.Cipher == scenario.NoCipher {
		security = []string{"data-ciphers none", "cipher none", "auth none"}
	}
	lines := []string{
		"dev " + side.Device, "dev-type " + string(side.Kind),
		// The kernel's module has devices of its own. OpenVPN 2.5 has neither the module nor the option.
		"ignore-unknown-option disable-dco", "disable-dco",
		"proto udp4", "local " + side.LinkAddr.String(), "remote " + side.PeerAddr.String(), fmt.Sprintf("port %d", openVPNPort),
		"ca ca.crt", "cert " + side.Name + ".crt", "key " + side.Name + ".key",
		fmt.Sprintf("tun-mtu %d", side.MTU), "mssfix 0", // the device's MTU leaves room for what is added
		"fast-io", "sndbuf 4194304", "rcvbuf 4194304", // the kernel lowers them to what it allows
		"reneg-sec 0", "reneg-bytes 0", // no new keys during a measurement
		"verb 1",
	}
	return strings.Join(append(append(lines, role...), security...), "\n") + "\n"
}
