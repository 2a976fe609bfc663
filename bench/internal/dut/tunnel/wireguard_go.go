package tunnel

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"tunbench/bench/internal/dut/tunnel/wireguard"
	"tunbench/bench/internal/scenario"
	"tunbench/forwarder/steer"
)

// WireGuardGo is wireguard-go, or tailscale's fork of it, a process of this program with its own UDP sockets, on its own
// device or on the queues of package forwarder/wgtun.
type WireGuardGo struct{}

// wireGuardPort is where both ends send and receive, on the physical link.
const wireGuardPort = 51820

// Name implements [Kind].
func (WireGuardGo) Name() string { return string(scenario.WireGuardGo) }

// Creates implements [Kind].
func (WireGuardGo) Creates() bool { return true }

// MultiQueue implements [Kind].
func (WireGuardGo) MultiQueue() bool { return false }

// Missing implements [Kind]: nothing, it is built in.
func (WireGuardGo) Missing() error { return nil }

// Version implements [Kind]: that of the module is in the program's.
func (WireGuardGo) Version() []string { return nil }

// Prepare implements [Kind].
func (WireGuardGo) Prepare(_ context.Context, p Place) (ends [2]Command, err error) {
	own, err := os.Executable()
	if err != nil {
		return ends, fmt.Errorf("find own program: %w", err)
	}
	var keys [2]*ecdh.PrivateKey
	for i := range keys {
		if keys[i], err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
			return ends, fmt.Errorf("make a key: %w", err)
		}
	}
	s := p.Scenario
	for i, side := range p.Sides() {
		file := filepath.Join(p.Dir, "wireguard-"+side.Name)
		if err := os.WriteFile(file, []byte(wireGuardConfig(side, keys[i], keys[1-i].PublicKey())), secretMode); err != nil {
			return ends, fmt.Errorf("write configuration: %w", err)
		}
		config, err := json.Marshal(wireguard.Config{
			Device: side.Device, MTU: side.MTU, TUN: string(s.WGTun), Queues: s.Queues, Steer: steer.Policy(s.Steer), File: file,
		})
		if err != nil {
			return ends, fmt.Errorf("write configuration: %w", err)
		}
		ends[i] = Command{Args: []string{own, "wireguard-end", string(config)}, Ready: wireguard.Ready}
	}
	return ends, nil
}

// wireGuardConfig is one end's: the set operation of WireGuard's cross-platform interface.
func wireGuardConfig(side Side, key *ecdh.PrivateKey, peer *ecdh.PublicKey) string {
	return fmt.Sprintf("private_key=%s\nlisten_port=%d\npublic_key=%s\nendpoint=%s:%d\nallowed_ip=0.0.0.0/0\nallowed_ip=::/0\n",
		hex.EncodeToString(key.Bytes()), wireGuardPort, hex.EncodeToString(peer.Bytes()), side.PeerAddr, wireGuardPort)
}
