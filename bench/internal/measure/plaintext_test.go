package measure

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/wire"
)

// wiretap reads what is on the physical link, on B's side of it.
type wiretap struct {
	carriers, plain atomic.Int64 // packets with room for a payload of the load, and those in which it can be read
	stop            atomic.Bool
	ended           chan error
}

// tappedSize is the size of the load's packets in bytes; what the tunnel's ends say to each other besides may have any.
const tappedSize = 600

func tap(t *testing.T, end *testbed.End) *wiretap {
	t.Helper()
	fd := -1
	err := end.Namespace.Do(func() (err error) {
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		const everything = unix.ETH_P_ALL>>8 | unix.ETH_P_ALL&0xff<<8 // in network order
		return errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 10_000}),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: everything, Ifindex: end.Physical.IfIndex}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &wiretap{ended: make(chan error, 1)}
	go func() { w.ended <- w.read(fd) }()
	return w
}

func (w *wiretap) read(fd int) error {
	defer unix.Close(fd)
	pattern := make([]byte, 64)
	wire.FillPattern(pattern)
	for packet := make([]byte, 1<<17); ; {
		n, err := unix.Read(fd, packet)
		switch {
		case (err == unix.EAGAIN || err == unix.EINTR) && w.stop.Load():
			return nil
		case err == unix.EAGAIN || err == unix.EINTR:
			continue
		case err != nil:
			return err
		}
		if n >= tappedSize {
			w.carriers.Add(1)
		}
		if bytes.Contains(packet[:n], pattern) {
			w.plain.Add(1)
		}
	}
}

// close waits until a packet of the load was seen, and what came with it.
func (w *wiretap) close(t *testing.T) {
	t.Helper()
	for begun := time.Now(); w.carriers.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Error("no packet of the load was seen on the physical link")
			break
		}
	}
	w.stop.Store(true)
	if err := <-w.ended; err != nil {
		t.Error(err)
	}
}

// TestPlaintextOnTheLink: the payload of packets in a tunnel can be read on the physical link exactly where nothing is encrypted. It is also the
// test that each tunnel carries packets.
func TestPlaintextOnTheLink(t *testing.T) {
	requireRoot(t)
	for words, readable := range map[string]bool{
		"dut=openvpn": false,
		"dut=openvpn dev=tap cipher=chacha20-poly1305":    false,
		"dut=openvpn cipher=none":                         true,
		"dut=openvpn dev=tap cipher=none":                 true,
		"dut=plain":                                       true,
		"dut=wireguard-go":                                false,
		"dut=wireguard-go wgtun=fork":                     false,
		"dut=wireguard-go wgtun=queues queues=2":          false,
		"dut=wireguard-go wgtun=multiqueue queues=2":      false,
		"dut=nebula":                                      false,
		"dut=wireguard-go wgtun=queues ip=6 linkmtu=1600": false,
	} {
		t.Run(words, func(t *testing.T) {
			s := parse(t, "topo=tunnel size=600 gen=socket load=1000 duration=100ms warmup=0s "+words)
			needTunnel(t, string(s.DUT))
			var tapped *wiretap
			var secrets []string
			trial, err := Trial(t.Context(), s, Options{entering: func(r *Rig, p phase) {
				switch p {
				case phaseLoad:
					tapped = tap(t, r.scene.B())
					secrets = keysOf(t, r.running.Processes())
				case phaseOver:
					tapped.close(t)
				}
			}})
			if err != nil || trial.Failed() {
				t.Fatalf("%v, %s", err, trial.Error)
			}
			if got := tapped.plain.Load(); got > 0 != readable {
				t.Errorf("the payload can be read in %d of %d packets; nothing is encrypted: %t", got, tapped.carriers.Load(), readable)
			}
			if *trial.ForwardedPps == 0 {
				t.Error("nothing was forwarded")
			}
			if len(secrets) == 0 && string(s.DUT) != "plain" {
				t.Error("no key was found: the test says nothing of them")
			}
			record, err := json.Marshal(trial)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if strings.Contains(string(record), secret) {
					t.Error("a key is in the record")
				}
			}
		})
	}
}

// keysOf are the lines of private keys in the working folder of a tunnel's processes. It fails the test where others can read them: in a file,
// in arguments or in an environment.
func keysOf(t *testing.T, pids []int) (secrets []string) {
	t.Helper()
	var open strings.Builder // to others, or more easily had than a file
	for _, pid := range pids {
		proc := fmt.Sprintf("/proc/%d", pid)
		for _, name := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join(proc, name))
			if err != nil {
				t.Fatal(err)
			}
			open.Write(text)
		}
		entries, err := os.ReadDir(filepath.Join(proc, "cwd"))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.IsDir() {
				continue
			}
			text, err := os.ReadFile(filepath.Join(proc, "cwd", entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			info, err := entry.Info()
			if err != nil {
				t.Fatal(err)
			}
			found := keysIn(entry.Name(), string(text))
			if len(found) > 0 && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has a key and mode %v", entry.Name(), info.Mode())
			}
			secrets = append(secrets, found...)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(open.String(), secret) {
			t.Error("a key is in arguments or in an environment")
		}
	}
	return secrets
}

// keysIn are the lines of a file that are private keys: those of PEM in NAME.key, and WireGuard's.
func keysIn(name, text string) (keys []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if key, ok := strings.CutPrefix(line, "private_key="); ok {
			keys = append(keys, key)
		} else if filepath.Ext(name) == ".key" && line != "" && !strings.HasPrefix(line, "-----") {
			keys = append(keys, line)
		}
	}
	return keys
}

// needTunnel skips a test whose tunnel is not installed, but not in CI, which installs those that Debian has.
func needTunnel(t *testing.T, name string) {
	t.Helper()
	kind, known := tunnel.Find(name)
	if !known {
		t.Skipf("%s is no program", name)
	}
	if err := kind.Missing(); err != nil {
		if !host.Cannot(err) || os.Getenv("CI") != "" && name == "openvpn" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}
