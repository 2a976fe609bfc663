package fleet

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeSSH is a command that takes a folder for a host: $HOSTS/HOST. A file $HOSTS/HOST.down makes it one that cannot be reached,
// HOST.hangs one that never answers, HOST.bare one without flock.
const fakeSSH = `#!/bin/sh
host=$1 command=$2
[ ! -e "$HOSTS/$host.down" ] || { echo "ssh: connect to host $host: no route" >&2; exit 255; }
[ ! -e "$HOSTS/$host.hangs" ] || { sleep 20 & wait; }
mkdir -p "$HOSTS/$host" && cd "$HOSTS/$host" && { [ ! -e "$HOSTS/$host.bare" ] || { ln -s /bin/sh . && PATH=.; }; } && exec /bin/sh -c "$command"
`

// fakeTunbench measures nothing: it copies $HOSTS/I.jsonl, and where a file $HOSTS/I.killed is there, it removes that and is killed.
const fakeTunbench = `package main

import (
	"os"
	"strings"
	"syscall"
)

func main() {
	shard, _, _ := strings.Cut(os.Args[5], "/") // run --plan plan.json --shard I/N --out results
	from := os.Getenv("HOSTS") + "/" + shard
	if os.Remove(from+".killed") == nil {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	text, err := os.ReadFile(from + ".jsonl")
	if err == nil {
		err = os.WriteFile("results/0123456789ab-"+shard+"of3-00000000.jsonl", text, 0o644)
	}
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	println("measured")
}
`

// sshFleet is a rendered folder for three hosts that are folders too.
func sshFleet(t *testing.T) (f *Folder, hostsDir string) {
	t.Helper()
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("flock is missing: util-linux")
	}
	hostsDir = t.TempDir()
	t.Setenv("HOSTS", hostsDir)
	shell := filepath.Join(hostsDir, "ssh")
	if err := os.WriteFile(shell, []byte(fakeSSH), 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "fleet")
	err := Render(Request{
		Engine: "ssh", Dir: dir, Plan: []byte("{}\n"), Hash: testHash, Binary: compiled(t, fakeTunbench),
		Hosts: []string{"a", "b", "c"}, Shell: []string{shell},
	})
	if err != nil {
		t.Fatal(err)
	}
	if f, err = LockFolder(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	made := folder(t, &actor{}, 3)
	for i := range 3 {
		path := leave(t, made, "host"+fmt.Sprint(i), i, time.Now(), true)
		if err := os.Rename(path, filepath.Join(hostsDir, fmt.Sprint(i)+".jsonl")); err != nil {
			t.Fatal(err)
		}
	}
	return f, hostsDir
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// awaitEnds returns when the shards that were started on hosts have come to their ends.
func awaitEnds(t *testing.T, f *Folder, hostsDir string, hosts map[int]string) {
	t.Helper()
	for shard, host := range hosts {
		for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(filepath.Join(hostsDir, host, remote(f, shard), "exit")); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("shard %d on %s does not end", shard, host)
			}
		}
	}
}

// TestSSHRepeats: one host cannot be reached at first, on another the program is killed; both shards are repeated and no other. Nothing stays on
// the hosts.
func TestSSHRepeats(t *testing.T) {
	f, hosts := sshFleet(t)
	touch(t, filepath.Join(hosts, "b.down"))
	touch(t, filepath.Join(hosts, "2.killed"))
	if _, err := f.Submit(t.Context()); err == nil || !strings.Contains(err.Error(), "start shard 1: b: ssh: connect to host b: no route") {
		t.Errorf("a host that cannot be reached: %v", err)
	}
	if err := os.Remove(filepath.Join(hosts, "b.down")); err != nil {
		t.Fatal(err)
	}
	var said []string
	c := collector(&said, 3)
	c.Every, c.grace = 50*time.Millisecond, 20*time.Second // within which what was started has its lock
	shards, err := f.Collect(t.Context(), c)
	if err != nil || !AllComplete(shards) {
		t.Fatalf("%v: %+v", err, shards)
	}
	var tries []int
	for _, s := range shards {
		tries = append(tries, s.Tries)
	}
	if diff := cmp.Diff([]int{1, 1, 2}, tries); diff != "" { // what was not taken is no try
		t.Errorf("tries (-want +got):\n%s\nsaid %q", diff, said)
	}
	if text := strings.Join(said, "\n"); !strings.Contains(text, "shard 2 on c: killed by signal 9: it is repeated") || strings.Contains(text, "shard 0") {
		t.Errorf("said %q", said)
	}
	if left, _ := filepath.Glob(filepath.Join(hosts, "*", "tunbench-fleet", "*")); len(left) > 0 {
		t.Errorf("left on the hosts: %v", left)
	}
	log, err := os.ReadFile(f.path(logsDir, "0-a.log"))
	if err != nil || string(log) != "measured\n" {
		t.Errorf("log %q, %v", log, err)
	}
}

// TestSSHLeavesARunningShardAlone: a second submission of a shard that goes on starts nothing, also where this side forgot it.
func TestSSHLeavesARunningShardAlone(t *testing.T) {
	f, hosts := sshFleet(t)
	lock := filepath.Join(hosts, "a", remote(f, 0), "lock")
	if err := os.MkdirAll(filepath.Dir(lock), 0o755); err != nil {
		t.Fatal(err)
	}
	holder := exec.Command("flock", lock, "sh", "-c", "echo held; cat")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = holder.Wait() }()
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitEnds(t, f, hosts, map[int]string{1: "b", 2: "c"})
	shards, err := f.Look(t.Context())
	if err != nil || shards[0].Phase != Running {
		t.Fatalf("%v: %+v", err, shards)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(lock), binaryFile)); err == nil {
		t.Error("the program was copied over one that runs")
	}
	if _, err := f.Clean(t.Context()); err == nil || !strings.Contains(err.Error(), "a: shard 0 is still measured there") {
		t.Errorf("clean: %v", err)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("the folder of a shard that is measured is gone: %v", err)
	}
}

// TestSSHUnknown: a host that cannot be reached, one that never answers, and one that cannot tell. None of their shards is over, and nothing is
// submitted again.
func TestSSHUnknown(t *testing.T) {
	f, hosts := sshFleet(t)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitEnds(t, f, hosts, map[int]string{0: "a", 1: "b", 2: "c"})
	for _, name := range []string{"a.down", "b.hangs", "c.bare"} {
		touch(t, filepath.Join(hosts, name))
	}
	for shard, tc := range []struct {
		host, says string
		answer     time.Duration
	}{{"a", "no route", longestAnswer}, {"b", "b: no answer within 100ms", 100 * time.Millisecond}, {"c", "flock is missing", longestAnswer}} {
		f.answer = tc.answer
		if s := (secureShell{}).look(t.Context(), f, tc.host, shard); s.Phase != Unknown || !strings.Contains(s.Why, tc.says) {
			t.Errorf("%+v, want %q", s, tc.says)
		}
	}
	if err := os.Remove(filepath.Join(hosts, "b.hangs")); err != nil {
		t.Fatal(err)
	}
	shards, err := f.Look(t.Context())
	if err != nil || shards[0].Phase != Unknown || shards[2].Phase != Unknown {
		t.Errorf("%v, %+v", err, shards)
	}
	if again, err := f.Submit(t.Context()); err != nil || len(again) > 0 {
		t.Errorf("submitted again: %v, %v", again, err)
	}
}

// TestSSHForeignFiles: a host gives the file of its own shard and no other.
func TestSSHForeignFiles(t *testing.T) {
	f, hosts := sshFleet(t)
	dir := filepath.Join(hosts, "a", remote(f, 0), resultsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"-1of3-00000000.jsonl", "-0of3-$(touch x).jsonl", "-0of3-00000001.jsonl"} {
		touch(t, filepath.Join(dir, testHash+name))
	}
	if err := (secureShell{}).bring(t.Context(), f, Task{Shard: 0, Phase: Over, handle: "a"}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(f.path(resultsDir))
	if err != nil || len(entries) != 1 || entries[0].Name() != testHash+"-0of3-00000001.jsonl" {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestQuoted: a command reaches sh as it is, through any shell that knows single quotes.
func TestQuoted(t *testing.T) {
	const text = `a'b "$HOME" \ c`
	out, err := exec.Command("sh", "-c", "printf %s "+quoted(text)).Output()
	if err != nil || string(out) != text {
		t.Errorf("%q, %v", out, err)
	}
}
