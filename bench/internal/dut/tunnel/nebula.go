package tunnel

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
)

// Nebula is nebula with its offloads on, between two hosts that know each other's address.
type Nebula struct{}

// nebulaPort is where both ends send and receive, on the physical link.
const nebulaPort = 4242

// Name implements [Kind].
func (Nebula) Name() string { return string(scenario.Nebula) }

// Creates implements [Kind].
func (Nebula) Creates() bool { return true }

// MultiQueue implements [Kind].
func (Nebula) MultiQueue() bool { return false }

// Missing implements [Kind].
func (n Nebula) Missing() error {
	for _, program := range []string{"nebula", "nebula-cert"} {
		if _, err := nebulaProgram(program); err != nil {
			return &host.Unfit{Missing: "the program " + program, Remedy: "run `make nebula`, or put nebula 1.12 into PATH"}
		}
	}
	return nil
}

// nebulaProgram finds a program of nebula beside this program, where `make nebula` puts it, or in PATH.
func nebulaProgram(name string) (string, error) {
	if own, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(own), name)); err == nil {
			return path, nil
		}
	}
	return exec.LookPath(name)
}

// Version implements [Kind].
func (Nebula) Version() []string {
	path, err := nebulaProgram("nebula")
	if err != nil {
		path = "nebula"
	}
	return []string{path, "-version"}
}

// Prepare implements [Kind].
func (n Nebula) Prepare(_ context.Context, p Place) (ends [2]Command, err error) {
	program, err := nebulaProgram("nebula")
	if err != nil {
		return ends, err
	}
	if err := signNebula(p.Dir, "ca", "-name", "tunbench", "-version", "2"); err != nil {
		return ends, err
	}
	for i, side := range p.Sides() {
		err := signNebula(p.Dir, "sign", "-version", "2", "-name", side.Name, "-networks", nebulaNetwork(side),
			"-out-crt", side.Name+".crt", "-out-key", side.Name+".key")
		if err != nil {
			return ends, err
		}
		file := filepath.Join(p.Dir, "nebula-"+side.Name+".yaml")
		if err := os.WriteFile(file, []byte(nebulaConfig(p.Dir, side)), secretMode); err != nil {
			return ends, fmt.Errorf("write configuration: %w", err)
		}
		ends[i] = Command{Args: []string{program, "-config", file}}
	}
	return ends, nil
}

// signPatience is how long a certificate may take.
const signPatience = 30 * time.Second

// signNebula runs nebula-cert in a folder.
func signNebula(folder string, args ...string) error {
	program, err := nebulaProgram("nebula-cert")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), signPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nebula-cert %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}

// nebulaNetwork is the address of an end, in a network that has the other end's.
func nebulaNetwork(side Side) string {
	return netip.PrefixFrom(side.Addr.Addr(), commonBits(side.Addr.Addr(), side.Far)).String()
}

// commonBits is how many of their first bits two addresses share.
func commonBits(a, b netip.Addr) int {
	for bits := a.BitLen(); bits > 0; bits-- {
		if netip.PrefixFrom(a, bits).Contains(b) {
			return bits
		}
	}
	return 0
}

// nebulaConfig is one end's, https://nebula.defined.net/docs/config/.
func nebulaConfig(folder string, side Side) string {
	return fmt.Sprintf(`pki: {ca: %[1]s/ca.crt, cert: %[1]s/%[2]s.crt, key: %[1]s/%[2]s.key}
static_host_map: {"%[3]s": ["%[4]s:%[5]d"]}
lighthouse: {am_lighthouse: false, hosts: []}
listen: {host: %[6]s, port: %[5]d, udp_offloads: true, read_buffer: 4194304, write_buffer: 4194304}
tun: {dev: %[7]s, mtu: %[8]d, use_offloads: true, drop_multicast: true}
punchy: {punch: false}
logging: {level: warning}
firewall:
  outbound: [{port: any, proto: any, host: any}]
  inbound: [{port: any, proto: any, host: any}]
`, folder, side.Name, side.Far, side.PeerAddr, nebulaPort, side.LinkAddr, side.Device, side.MTU)
}
