package measure

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// tunnelFile is the program file of the tunnel that this test binary is.
func tunnelFile(t *testing.T, how, more string) *program.File {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("name: myvpn\ntopology: tunnel\noverhead: 28\nmultiqueue: true\ndev: [tun, tap]\ncommand: [%s, %s, %q, '{dev}', '{link.addr}', '{peer}']\n%s",
		own, tunnelArgument, how, more)
	return patient(declareFile(t, "myvpn.yaml", text))
}

// declareFile reads a program file and makes its program known until the test ends.
func declareFile(t *testing.T, path, text string) *program.File {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.TempDir(), path)
	}
	file, err := program.Parse(path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	declared := scenario.Program{Name: scenario.DUT(file.Name), Settings: file.Settings, Tunnel: file.Tunnel, Overhead: file.Overhead}
	for _, dev := range file.Devs {
		declared.Devs = append(declared.Devs, scenario.Dev(dev))
	}
	if err := scenario.Declare([]scenario.Program{declared}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := scenario.Declare(nil); err != nil {
			t.Error(err)
		}
	})
	return file
}

// TestTunnelOfAFile: a user's tunnel is measured as ours are, whether it is the same program or a script, and its record says which it was.
func TestTunnelOfAFile(t *testing.T) {
	requireRoot(t)
	script, err := filepath.Abs("../../examples/tunnel/program.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file  func(*testing.T) *program.File
		words string
		adds  float64
	}{
		"ours":         {func(t *testing.T) *program.File { return tunnelFile(t, behaves, "") }, "size=400 load=100", 28},
		"superpackets": {func(t *testing.T) *program.File { return tunnelFile(t, behaves, "") }, "size=700 segs=16 load=160", 28},
		"frames": {func(t *testing.T) *program.File {
			return tunnelFile(t, behaves, "prepare: [sh, -c, 'touch \"$1/key\"', x, '{shared}']\nready: {file: '{shared}/key'}")
		}, "dev=tap size=400 load=100", 42},
		"a script": {func(t *testing.T) *program.File { return patient(declareFile(t, script, string(text))) }, "ip=6 size=400 load=100", 28},
	} {
		t.Run(name, func(t *testing.T) {
			nothingOf(t)
			file := test.file(t)
			s := parse(t, "dut="+file.Name+" duration=1s warmup=0s "+test.words)
			trial, err := Trial(t.Context(), s, Options{Programs: []*program.File{file}})
			if err != nil || trial.Failed() {
				t.Fatal(err, trial.Error)
			}
			l := trial.Ledger
			sent, arrived := l.Packets(results.PlaceIntended)-l.Packets(results.PlaceNotOffered), l.Packets(results.PlaceSink)
			if sent == 0 || arrived != sent || *trial.Reordered != 0 || *trial.Corrupt != 0 {
				t.Errorf("of %d packets %d arrived, %d out of order, %d damaged: %v", sent, arrived, *trial.Reordered, *trial.Corrupt, l)
			}
			if added := trial.Tunnel.OverheadBytesPerPacket; added == nil || math.Abs(*added-test.adds) > 1 {
				r := trial.Tunnel
				t.Errorf("overhead is not %v bytes: %v in %v, then %v in %v; %v", test.adds, *r.InnerBytes, *r.InnerPackets, *r.LinkBytes, *r.LinkPackets, l)
			}
			if r := trial.Tunnel; r.ANsPerPacket == nil || *r.ANsPerPacket <= 0 || *r.BNsPerPacket <= 0 {
				t.Errorf("no CPU time of the ends: %+v", *r)
			}
			if about := trial.DUT.External; about == nil || about.File != file.Text || len(about.SHA256) != 64 || about.Together == "" {
				t.Errorf("the record says %+v", about)
			}
		})
	}
}

// TestBadTunnelsOfFiles: the trial fails with what the program of an end said last, and nothing of it is left.
func TestBadTunnelsOfFiles(t *testing.T) {
	requireRoot(t)
	for name, test := range map[string]struct {
		how, more string
		says      []string
	}{
		"exits at once":     {"exits at once", "", []string{"myvpn is not ready", "myvpn at end", "exit status 7", "no licence found"}},
		"has no such file":  {behaves, "ready: {file: up, within: 2s}", []string{"myvpn is not ready after 2s: there is no file", "/up of end a"}},
		"hangs":             {"hangs", "stop: {within: 300ms}", []string{"did not end within 300ms of SIGTERM and was killed"}},
		"leaves its device": {"leaves its device", "", []string{"myvpn left its device", "nobody has a queue of tb0"}},
		"cannot prepare":    {behaves, "prepare: [sh, -c, 'echo no entropy >&2; exit 3']", []string{"prepare myvpn", "exit status 3", "no entropy"}},
	} {
		t.Run(name, func(t *testing.T) {
			nothingOf(t)
			file := tunnelFile(t, test.how, test.more)
			trial, err := Trial(t.Context(), parse(t, "dut=myvpn load=5000 warmup=0s duration=5s"), Options{Programs: []*program.File{file}})
			if err != nil || !trial.Failed() {
				t.Fatalf("%v, %q: want a trial that failed", err, trial.Error)
			}
			for _, words := range test.says {
				if !strings.Contains(trial.Error, words) {
					t.Errorf("%q does not say %q", trial.Error, words)
				}
			}
		})
	}
}

// TestTunnelOfAFileNeverReady: what the ends have printed by then is in the error.
func TestTunnelOfAFileNeverReady(t *testing.T) {
	requireRoot(t)
	nothingOf(t)
	untilItHasPrinted(t, func(within time.Duration) string {
		file := tunnelFile(t, "never becomes ready", fmt.Sprintf("ready: {within: %v}", within))
		trial, err := Trial(t.Context(), parse(t, "dut=myvpn load=5000 warmup=0s duration=500ms"), Options{Programs: []*program.File{file}})
		if err != nil || !strings.Contains(trial.Error, "myvpn is not ready after "+within.String()) || !strings.Contains(trial.Error, "carrier") {
			t.Errorf("%v, error %q", err, trial.Error)
		}
		return trial.Error
	})
}

// TestTunnelFileWithoutCommand: what cannot be found is named, and that it is to be built.
func TestTunnelFileWithoutCommand(t *testing.T) {
	requireRoot(t)
	nothingOf(t)
	file := declareFile(t, "myvpn.yaml", "name: myvpn\ntopology: tunnel\noverhead: 28\ncommand: [./none]\nbuild: [make]\n")
	trial, err := Trial(t.Context(), parse(t, "dut=myvpn"), Options{Programs: []*program.File{file}})
	if err != nil || !strings.Contains(trial.Error, "build it first: make") {
		t.Errorf("%v, %q", err, trial.Error)
	}
}
