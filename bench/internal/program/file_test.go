package program

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const whole = `# a comment
name: mine
command: [./bin/mine, --a, "{a.netns}:{a.device}", "--queues={queues}", "{not a placeholder}"]
devices: create
dev: [tun, tap]
multiqueue: true
settings: [vnet, offload, queues]
environment:
  LEVEL: info
  STATE: "{dir}/state"
ready: {file: ready, within: 30s}
stop: {signal: INT, within: 1s}
version: [./bin/mine, --version]
build: [make, -C, src]
`

func TestFile(t *testing.T) {
	f, err := Parse("some/where/mine.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs("some/where/mine.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := &File{
		Path: path, Text: whole, Name: "mine", Creates: true, Devs: []string{"tun", "tap"}, MultiQueue: true,
		Command:     []string{"./bin/mine", "--a", "{a.netns}:{a.device}", "--queues={queues}", "{not a placeholder}"},
		Settings:    []string{"vnet", "offload", "queues"},
		Environment: map[string]string{"LEVEL": "info", "STATE": "{dir}/state"},
		Ready:       Ready{File: "ready", Within: 30 * time.Second},
		Stop:        Stop{Signal: "INT", Within: time.Second},
		Version:     []string{"./bin/mine", "--version"},
		Build:       []string{"make", "-C", "src"},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

// TestPlace: what a program is told, in words and in its environment.
func TestPlace(t *testing.T) {
	f, err := Parse("/srv/mine.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	p := Place{
		A: End{NetNS: "/run/netns/a", Device: "tb0", Addr: "10.0.0.1/24"}, B: End{NetNS: "/run/netns/b", Device: "tb1"},
		Dev: "tap", MTU: 1500, CPUs: []int{1, 0}, Dir: "/tmp/x", Settings: map[string]string{"queues": "2"},
	}
	args := []string{"/srv/bin/mine", "--a", "/run/netns/a:tb0", "--queues=2", "{not a placeholder}"}
	if got := f.Args(p); !slices.Equal(got, args) {
		t.Errorf("arguments %q, want %q", got, args)
	}
	env := f.Env(p)
	for _, want := range []string{
		"TUNBENCH_A_NETNS=/run/netns/a", "TUNBENCH_A_DEVICE=tb0", "TUNBENCH_A_ADDR=10.0.0.1/24", "TUNBENCH_B_DEVICE=tb1", "TUNBENCH_B_ADDR6=",
		"TUNBENCH_DEV=tap", "TUNBENCH_MTU=1500", "TUNBENCH_CPUS=1,0", "TUNBENCH_DIR=/tmp/x", "TUNBENCH_QUEUES=2", "LEVEL=info", "STATE=/tmp/x/state",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("no %s in %q", want, env)
		}
	}
	if got := f.ReadyFile(p); got != "/tmp/x/ready" {
		t.Errorf("ready file %s", got)
	}
	if got := f.At("/elsewhere").Args(p)[0]; got != "/elsewhere/bin/mine" {
		t.Errorf("another copy is started as %s", got)
	}
	bare, err := Parse("/srv/mine.yaml", []byte("{name: mine, command: python3}"))
	if err != nil {
		t.Fatal(err)
	}
	if got := bare.Args(p); !slices.Equal(got, []string{"python3"}) {
		t.Errorf("a program of PATH is started as %q", got)
	}
}

// TestTunnelPlace: what an end of a tunnel is told.
func TestTunnelPlace(t *testing.T) {
	f, err := Parse("/srv/mine.yaml", []byte(`name: mine
command: [./mine, "{end}", "{device}", "{link.addr}", "{peer}"]
topology: tunnel
overhead: 60
prepare: [./keys, "{shared}"]
`))
	if err != nil {
		t.Fatal(err)
	}
	if !f.Tunnel || f.Overhead != 60 || !slices.Equal(f.Prepare, []string{"./keys", "{shared}"}) {
		t.Errorf("%+v", f)
	}
	p := Place{Dev: "tun", MTU: 1440, Dir: "/tmp/x/a", Tunnel: &TunnelEnd{
		Name: "b", Device: "tb0", Addr: "10.0.0.2/32", Far: "10.0.0.1", LinkDevice: "wire0", LinkAddr: "10.1.0.2", LinkMTU: 1500, Peer: "10.1.0.1", Shared: "/tmp/x",
	}}
	if got, want := f.Args(p), []string{"/srv/mine", "b", "tb0", "10.1.0.2", "10.1.0.1"}; !slices.Equal(got, want) {
		t.Errorf("arguments %q, want %q", got, want)
	}
	env := f.Env(p)
	for _, want := range []string{
		"TUNBENCH_END=b", "TUNBENCH_DEVICE=tb0", "TUNBENCH_ADDR=10.0.0.2/32", "TUNBENCH_ADDR6=", "TUNBENCH_FAR=10.0.0.1", "TUNBENCH_LINK_DEVICE=wire0",
		"TUNBENCH_LINK_ADDR=10.1.0.2", "TUNBENCH_LINK_MTU=1500", "TUNBENCH_PEER=10.1.0.1", "TUNBENCH_SHARED=/tmp/x", "TUNBENCH_DIR=/tmp/x/a", "TUNBENCH_MTU=1440",
	} {
		if !slices.Contains(env, want) {
			t.Errorf("no %s in %q", want, env)
		}
	}
	if i := slices.IndexFunc(env, func(v string) bool { return strings.HasPrefix(v, "TUNBENCH_A_") }); i >= 0 {
		t.Errorf("%s says nothing to an end of a tunnel", env[i])
	}
}

// TestRunPrepare: it is run once, where the program is, and what it says when it fails is said.
func TestRunPrepare(t *testing.T) {
	for script, want := range map[string]string{
		`test "$TUNBENCH_SHARED" = "$1" && touch "$1/key"`: "",
		"echo no entropy >&2; exit 3":                      "sh -c: exit status 3: no entropy",
	} {
		text := fmt.Sprintf("name: mine\ncommand: a\ntopology: tunnel\noverhead: 28\nprepare: [sh, -c, '%s', x, '{shared}']\n", script)
		f, err := Parse(filepath.Join(t.TempDir(), "mine.yaml"), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		shared := t.TempDir()
		err = f.RunPrepare(t.Context(), Place{Tunnel: &TunnelEnd{Shared: shared}})
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", script, err, want)
			}
			continue
		}
		if _, there := os.Stat(filepath.Join(shared, "key")); err != nil || there != nil {
			t.Errorf("%q: %v, %v", script, err, there)
		}
	}
}

// TestWrongFiles: each error names the file, the line, and what is allowed.
func TestWrongFiles(t *testing.T) {
	const least = "name: mine\ncommand: [./mine]\n"
	const tunnel = least + "topology: tunnel\noverhead: 28\n"
	for text, want := range map[string]string{
		"":                                        "x.yaml: it is empty: want name, command",
		"- a":                                     "x.yaml:1: want a mapping; each key is one of: name, command",
		least + "commands: [a]":                   "x.yaml:3: commands: no such key; there are: name, command, topology",
		"name: mine":                              "x.yaml:1: command is missing",
		"command: [a]":                            "x.yaml:1: name is missing",
		"name: Mine\ncommand: a":                  "x.yaml:1: name: Mine: want small letters",
		least + "name: other":                     "x.yaml:3: name is given twice",
		"name: mine\ncommand: []":                 "x.yaml:2: command: want a list of texts",
		"name: mine\ncommand: [a, {b: c}]":        "x.yaml:2: command: want a text",
		least + "devices: open":                   "x.yaml:3: devices: open: want attach, create",
		least + "dev: [tun, tin]":                 "x.yaml:3: dev: tin: want some of tun, tap",
		least + "dev: [tun, tun]":                 "x.yaml:3: dev: tun is given twice",
		least + "settings: [mtu]":                 "x.yaml:3: settings: mtu: want some of vnet, offload, queues",
		least + "settings: [queues]":              "several only with multiqueue: true",
		least + "settings: [offload]":             "it depends on vnet",
		least + "multiqueue: perhaps":             "x.yaml:3: multiqueue: want true or false",
		least + "environment: {A=B: c}":           `environment: "A=B": want a name without =`,
		least + "environment: {TUNBENCH_A: c}":    "names that begin with TUNBENCH_ are what the program is told",
		least + "environment: {A: [b]}":           "x.yaml:3: environment: A: want a text",
		least + "environment: {A: '{b}'}":         "x.yaml:3: {b} stands for nothing; there are: {a.addr}, {a.addr6}",
		"name: mine\ncommand: [a, '{queues}']":    "x.yaml:2: {queues} stands for nothing",
		least + "ready: {when: now}":              "x.yaml:3: when: no such key of ready; there are: carrier, output, file, within",
		least + "ready: {carrier: false}":         "x.yaml:3: carrier: false: both devices must have",
		least + "ready: {within: 3}":              "x.yaml:3: within: 3: want a time from 1ms to 10m0s",
		least + "stop: {signal: STOP}":            "x.yaml:3: signal: STOP: want TERM, INT",
		least + "---\nname: b":                    "more than one document",
		least + "topology: ring":                  "x.yaml:3: topology: ring: want direct, tunnel",
		least + "topology: tunnel":                "x.yaml:1: overhead is missing",
		least + "overhead: 28":                    "x.yaml:3: overhead: it is for tunnels",
		least + "prepare: [./keys]":               "x.yaml:3: prepare: it is for tunnels",
		tunnel + "overhead: 0":                    "overhead is given twice",
		least + "topology: tunnel\noverhead: 0":   "x.yaml:4: overhead: 0: want",
		tunnel + "environment: {A: '{a.device}'}": "x.yaml:5: {a.device} stands for nothing; there are: {addr}, {addr6}",
		tunnel + "prepare: [./keys, '{b.netns}']": "x.yaml:5: {b.netns} stands for nothing",
		least + "environment: {A: '{peer}'}":      "x.yaml:3: {peer} stands for nothing",
		least + "\tname: b":                       "x.yaml: yaml:",
	} {
		_, err := Parse("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("of no file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("name: mine\ncommand: a")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("x.yaml", []byte(text))
		if err == nil && (file.Name == "" || len(file.Args(Place{})) == 0) {
			t.Errorf("%q: %+v", text, file)
		}
	})
}

func TestAskVersion(t *testing.T) {
	for version, want := range map[string]string{
		"[sh, -c, 'echo mine 1.2; echo more']": "mine 1.2",
		"[sh, -c, 'echo mine 1.2; exit 1']":    "",
		"[no-such-program]":                    "",
		"['true']":                             "",
	} {
		f, err := Parse(filepath.Join(t.TempDir(), "mine.yaml"), []byte("name: mine\ncommand: a\nversion: "+version))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.AskVersion(t.Context()); got != want {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
	}
}
