package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWrongUsageNamesTheWord(t *testing.T) {
	for _, tc := range []struct {
		args string
		says []string
	}{
		{"run sice=64", []string{"sice=64", "size"}},
		{"run size=20", []string{"size=20", "44"}},
		{"run size=65536", []string{"size=65536", "mtu"}},
		{"run size=imix mtu=1500", []string{"size=imix", "mtu=1500"}},
		{"run size=64x0", []string{"size=64x0", "weight"}},
		{"check size=64", []string{"size=64", "packets of their own"}},
		{"check mtu=576", []string{"mtu=576", "1280"}},
		{"check dut=route", []string{"dut=route", "dut=forwarder"}},
		{"check dvt=netpoll", []string{"dvt=netpoll", "dut"}},
		{"check --case nothing", []string{"--case nothing", "--list"}},
		{"check --markdown /tmp/x --junit /tmp/x", []string{"--markdown /tmp/x", "two files"}},
		{"run sink=xdp dev=tun", []string{"sink=xdp", "TUN", "tcx"}},
		{"search --preset ndr", []string{"ndr", "ci-fast"}},
		{"search proto=tcp", []string{"proto=udp"}},
		{"search load=1000", []string{"--min"}},
		{"search size=64,128", []string{"several"}},
		{"search --min 5 --max 4", []string{"--max 4"}},
		{"search --min 1 --max 20 size=1400 segs=32", []string{"--min 1", "160 or more"}},
		{"search --min 4 --max 20", []string{"--min 4", "5 or more"}},
		{"run load=1 duration=100ms", []string{"load=1", "less than one packet", "10 or more"}},
		{"ab b:load=1 duration=100ms", []string{"load=1", "less than one packet"}},
		{"gate --baseline x load=1 duration=100ms", []string{"load=1", "less than one packet"}},
		{"sweep queues=1,2 load=1 duration=100ms", []string{"load=1", "less than one packet"}},
		{"soak --interval 100ms load=1", []string{"--interval 100ms", "load=1", "load=10"}},
		{"search --min NaN", []string{"--min NaN", "50k"}},
		{"search --max 2G", []string{"--max 2G", "1G"}},
		{"search size=1501", []string{"size=1501", "mtu"}},
		{"run engine=vhost", []string{"engine=vhost", "uring"}},
		{"run vnet=off gro=auto", []string{"gro=auto", "vnet"}},
		{"run dut=wireguard-go queues=2", []string{"queues=2", "dut=forwarder"}},
		{"ab a:size=64,128", []string{"a:size=64,128", "several"}},
		{"ab a:sise=64", []string{"sise=64", "size"}},
		{"ab -n 0", []string{"-n 0"}},
		{"ab --min-rounds 0", []string{"--min-rounds 0"}},
		{"ab --min-rounds 20 -n 10", []string{"--min-rounds 20", "-n 10"}},
		{"gate --baseline x --min-rounds 20 -n 10", []string{"--min-rounds 20", "-n 10"}},
		{"ab a:proto=tcp b:load=1k", []string{"a:proto=tcp", "b:proto=udp", "cannot be compared"}},
		{"ab a:load=2k b:load=1k", []string{"a:load=2000", "b:load=1000", "sweep"}},
		{"ab a:size=64 b:size=1400", []string{"a:size=64", "b:size=1400"}},
		{"ab a:binary=/nowhere/tunbench", []string{"a:binary=/nowhere/tunbench", "no such file"}},
		{"ab b:handicap=95%", []string{"b:handicap=95%", "0% to 90%"}},
		{"ab b:handicap=NaN", []string{"b:handicap=NaN", "0% to 90%"}},
		{"ab b:dut=veth b:handicap=5%", []string{"b:", "dut=forwarder"}},
		{"ab pin=off handicap=5%", []string{"handicap", "pin=off"}},
		{"sweep", []string{"two values", "offload=none,all"}},
		{"sweep offload=none,al", []string{"offload=al", "none"}},
		{"sweep queues=1,2 --design most", []string{"--design most", "pairwise"}},
		{"sweep queues=1,2 -n 0", []string{"-n 0"}},
		{"run -n 0", []string{"-n 0", "1 to 10000 rounds"}},
		{"run -n abc", []string{"-n abc", "1 to 10000 rounds"}},
		{"run -n 1.5", []string{"-n 1.5", "1 to 10000 rounds"}},
		{"burst -n abc", []string{"-n abc", "1 to 1000 repetitions"}},
		{"gate --baseline x -n abc", []string{"-n abc", "whole number"}},
		{"ab --seed -1", []string{"--seed -1", "0 or more"}},
		{"sweep queues=1,2 --seed -1", []string{"--seed -1", "from 0 to"}},
		{"soak --for 10", []string{"--for 10", "its unit", "8h"}},
		{"run --json=perhaps", []string{"--json perhaps", "true or false"}},
		{"forward --a x --b y --cpus 0-x", []string{"--cpus 0-x", "0,2-3"}},
		{"run -o -", []string{"-o -", "--json"}},
		{"run -o /dev/null", []string{"-o /dev/null", "no file", "--json"}},
		{"run -o /tmp", []string{"-o /tmp", "folder"}},
		{"run --output=", []string{`--output ""`, "unset"}},
		{"gate --baseline x --candidate=", []string{`--candidate ""`, "unset"}},
		{"gate --baseline x --markdown=", []string{`--markdown ""`, "unset"}},
		{"search --max=", []string{`--max ""`, "unset"}},
		{"gate --baseline x -o -", []string{"-o -", "--json"}},
		{"gate --baseline x --markdown -", []string{"--markdown -", "./-"}},
		{"gate --baseline x --junit /", []string{"--junit /", "folder"}},
		{"check --junit /dev/null", []string{"--junit /dev/null", "no file"}},
		{"kernels --markdown - run", []string{"--markdown -", "./-"}},
		{"compare --margin abc x y", []string{"--margin abc", "want a number"}},
		{"history --significance abc x", []string{"--significance abc", "want a number"}},
		{"search duration=1s", []string{"duration=1s", "preset"}},
		{"burst duration=1s", []string{"duration=1s", "leave"}},
		{"soak size=64 duration=1s", []string{"duration=1s", "--for"}},
		{"calibrate duration=1s", []string{"duration=1s", "leave"}},
		{"calibrate size=64 warmup=0s", []string{"warmup=0s", "leave"}},
		{"sweep queues=1,2 --metric speed", []string{"--metric speed", "throughput_bps", "latency_ns.p99"}},
		{"sweep load=max,50k", []string{"--metric"}},
		{"sweep queues=1,2 --resume", []string{"-o FILE"}},
		{"sweep sysctl.vm.swappiness=1,2", []string{"sysctl.vm.swappiness", "never touched", "net."}},
		{"run sysctl.net.ipv4.tcp_sack=1/2", []string{"tcp_sack=1/2", "'/'"}},
		{"run --plan x size=64", []string{"--plan x size=64", "leave the words out"}},
		{"run --plan x -n 3", []string{"--rounds", "write a new plan"}},
		{"run --plan x --preset smoke", []string{"--preset", "write a new plan"}},
		{"run --plan x -o y", []string{"--out FOLDER"}},
		{"run --plan x --frame --json", []string{"--frame --json", "give one"}},
		{"run --plan none.json", []string{"none.json", "no such file"}},
		{"run --plan usage_test.go", []string{"usage_test.go", "not a plan", "--plan-out"}},
		{"run --shard 0/3", []string{"--shard", "--plan FILE"}},
		{"run --out x", []string{"--out", "--plan FILE"}},
		{"run --resume", []string{"--resume", "--plan FILE"}},
		{"run --plan-out=", []string{`--plan-out ""`, "unset"}},
		{"run --plan-out x -o y", []string{"--plan-out", "leave -o"}},
		{"run --shards 3", []string{"--shards", "--plan-out FILE"}},
		{"sweep queues=1,2 --shards 3", []string{"--shards", "--plan-out FILE"}},
		{"run --plan-out x --shards 0", []string{"--shards 0", "machines"}},
		{"gate --self-test --plan-out x", []string{"--self-test", "--plan-out"}},
		{"merge", []string{"arg"}},
		{"gate", []string{"--baseline", "git:REV"}},
		{"gate --baseline x dut=route", []string{"dut=route", "dut=forwarder"}},
		{"gate --baseline x --preset default", []string{"dut=route", "dut=forwarder", "add that word"}},
		{"gate --baseline x -n 0", []string{"-n 0"}},
		{"gate --baseline x --thresholds none.yaml", []string{"none.yaml"}},
		{"gate --self-test --candidate x", []string{"--self-test", "--candidate"}},
		{"gate --self-test pin=off", []string{"pin=off"}},
		{"rival", []string{"arg"}},
		{"rival boringtun", []string{"boringtun", "netpoll"}},
		{"burst load=1000", []string{"load"}},
		{"burst -n 0", []string{"-n 0"}},
		{"soak --for 1ms", []string{"--for 1ms"}},
		{"soak --interval 1ms", []string{"--interval 1ms"}},
		{"calibrate proto=tcp", []string{"proto=udp"}},
		{"run size=1501", []string{"size=1501", "mtu"}},
		{"run queues=0", []string{"queues=0", "1..256"}},
		{"run queues=257", []string{"queues=257", "1..256"}},
		{"run dut=veth queues=2", []string{"queues=2", "dut=forwarder"}},
		{"run dut=bridges", []string{"dut=bridges", "veth"}},
		{"run proto=tcp load=1000", []string{"load=1000", "max"}},
		{"run --preset defualt", []string{"defualt", "default"}},
		{"run -n -1", []string{"-n -1"}},
		{"run --no-such-flag", []string{"--no-such-flag", "--help"}},
		{"measure", []string{"measure"}},
		{"report", []string{"arg"}},
		{"report --format yaml x", []string{"--format yaml", "gobench"}},
		{"report --format csv --hdr x", []string{"--format csv", "--hdr"}},
		{"compare x", []string{"arg"}},
		{"compare --margin NaN x y", []string{"--margin NaN", "percent"}},
		{"compare --margin -1 x y", []string{"--margin -1", "percent"}},
		{"compare --margin 100 x y", []string{"--margin 100", "percent"}},
		{"clean all", []string{"all"}},
		{"forward", []string{"--a", "NETNS"}},
		{"forward --config none.yaml", []string{"none.yaml", "no such file"}},
		{"forward --config=", []string{`--config ""`, "unset"}},
		{"forward --check --a x --b y", []string{"--check", "--config FILE"}},
		{"forward --config x.yaml --queues 2", []string{"--queues", "write it into x.yaml"}},
		{"forward --config x.yaml --a x", []string{"--a", "write it into x.yaml"}},
		{"forward --a x --b y --dev tub", []string{"--dev", "tub", "tun or tap"}},
		{"forward --a x --b y --engine vhost", []string{"--engine", "vhost", "uring"}},
		{"forward --a x --b y --steer random", []string{"--steer", "random", "hash"}},
		{"forward --a x --b y --offload most", []string{"--offload", "most", "none"}},
	} {
		code, stdout, stderr := tunbench(t, strings.Fields(tc.args)...)
		if code != exitUsage {
			t.Errorf("%s: exit code %d, want %d (%s)", tc.args, code, exitUsage, stderr)
		}
		if stdout != "" {
			t.Errorf("%s: prints on standard output: %s", tc.args, stdout)
		}
		for _, word := range tc.says {
			if !strings.Contains(stderr, word) {
				t.Errorf("%s: %q does not mention %q", tc.args, strings.TrimSpace(stderr), word)
			}
		}
		if strings.Contains(stderr, "strconv") || strings.Contains(stderr, "invalid syntax") {
			t.Errorf("%s: says how it parses, not what is wanted: %s", tc.args, stderr)
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	for args, says := range map[string][]string{
		"--help":           {"doctor", "--preset smoke", "Exit codes"},
		"":                 {"Available Commands"},
		"search --help":    {"NDR", "RFC 9971", "ci-fast"},
		"burst --help":     {"RFC 9004"},
		"ab --help":        {"a:dut=wireguard-go", "ratio", "ABBA or BAAB", "inconclusive", "binary=PATH"},
		"gate --help":      {"git:REV", "confirmed", "latency_ns.p99", "--self-test", "Exit codes", "preset: ci; with the word dut=forwarder also smoke, default"},
		"sweep --help":     {"pairwise", "--resume", "--dry-run"},
		"soak --help":      {"interval", "Ctrl-C"},
		"calibrate --help": {"limited by"},
		"check --help":     {"router", "segment by segment"},
		"run --help":       {"size", "bytes of an IP packet", "default", "smoke"},
		"forward --help":   {"SIGUSR1", "--queues", "--config tun.yaml --check", "bench/forward.md"},
		"report --help":    {"median", "no line is broken", "markdown", "benchstat -ignore tunbench"},
		"compare --help":   {"tunbench ab", "Holm", "Exit codes", "3 at least one row"},
		"doctor --help":    {"distorts"},
		"merge --help":     {"--plan-out", "--shard I/N", "kubectl logs", "4 shards are missing", "--allow-missing"},
		"clean --help":     {"tb-"},
	} {
		code, stdout, stderr := tunbench(t, strings.Fields(args)...)
		if code != exitSuccess || stderr != "" {
			t.Errorf("%q: exit code %d, %s", args, code, stderr)
		}
		for _, word := range says {
			if !strings.Contains(stdout, word) {
				t.Errorf("%q does not mention %q", args, word)
			}
		}
	}
}

func TestUnprivilegedUserIsTold(t *testing.T) {
	needRoot(t)
	const nobody = 65534
	for _, args := range []string{"run size=64", "ab", "gate --self-test", "gate --baseline git:HEAD", "sweep queues=1,2", "search", "burst", "soak", "calibrate", "check", "forward --a x --b y", "clean"} {
		cmd, stdout, stderr := command(t, strings.Fields(args)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		cmd.Path = readableByAll(t, cmd.Path)
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitUnsupported {
			t.Errorf("%s: exit code %d, want %d", args, code, exitUnsupported)
		}
		if message := strings.TrimSpace(stderr.String()); !strings.Contains(message, "root") || strings.Contains(message, "\n") {
			t.Errorf("%s: %q is not one sentence with the remedy", args, message)
		}
		if stdout.Len() != 0 {
			t.Errorf("%s: prints on standard output: %s", args, stdout)
		}
	}
}

// readableByAll copies the test binary out of its private folder.
func readableByAll(t *testing.T, program string) string {
	t.Helper()
	b, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "tunbench-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	copied := filepath.Join(dir, "tunbench")
	if err := os.WriteFile(copied, b, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return copied
}

// TestWhatTheKernelLacksIsSaid needs a kernel without some queueing discipline.
func TestWhatTheKernelLacksIsSaid(t *testing.T) {
	needRoot(t)
	file := filepath.Join(t.TempDir(), "run.jsonl")
	code, _, stderr := tunbench(t, "run", "-o", file, "qdisc=fq_codel", "-n", "3", "load=1000", "duration=100ms", "warmup=0s")
	if code == exitSuccess {
		t.Skip("this kernel has fq_codel")
	}
	if code != exitUnsupported || !strings.Contains(stderr, "fq_codel") {
		t.Errorf("exit code %d, want %d: %s", code, exitUnsupported, stderr)
	}
	if f := readBack(t, file); len(f.Calibrations) != 1 || len(f.Trials) != 0 || f.End == nil {
		t.Errorf("%d calibrations and %d trials of what can never be measured, end %v", len(f.Calibrations), len(f.Trials), f.End)
	}
}
