package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// underQuota is a command in a control group that has a fifth of a CPU.
func underQuota(t *testing.T, args ...string) (cmd *exec.Cmd, output func() string) {
	t.Helper()
	needRoot(t)
	group := limitedGroup(t)
	inner, stdout, stderr := command(t, args...)
	cmd = exec.Command("sh", append([]string{"-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(group, "cgroup.procs"), inner.Path}, args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = inner.Env, stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, func() string { return stdout.String() + stderr.String() }
}

// limitedGroup makes a control group of either version with a quota, which ends with the
// test.
func limitedGroup(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("tunbench-test-%d", os.Getpid())
	for _, try := range []struct{ root, file, quota string }{
		{"/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "20000"},
		{"/sys/fs/cgroup", "cpu.max", "20000 100000"},
	} {
		group := filepath.Join(try.root, name)
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		if os.WriteFile(filepath.Join(group, try.file), []byte(try.quota), 0o644) != nil {
			_ = os.Remove(group)
			continue
		}
		t.Cleanup(func() { // it stays busy for a moment
			eventually(t, "the group is left", func() bool { return os.Remove(group) == nil })
		})
		return group
	}
	t.Skip("no control group for CPU time can be made here")
	return ""
}

// ends waits for a process, for much longer than it may take.
func ends(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	const limit = 5 * time.Minute // a load that no signal ends takes ten
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
		_ = cmd.Process.Kill()
		<-done
		t.Fatalf("it did not end within %v", limit)
	}
	return cmd.ProcessState.ExitCode()
}

// TestRunUnderQuota: a quota slows a run down, it does not hold it up, and is said.
func TestRunUnderQuota(t *testing.T) {
	cmd, output := underQuota(t, strings.Fields("run load=10k duration=100ms warmup=0 dut=veth --no-calibration")...)
	if code := ends(t, cmd); code != 0 {
		t.Errorf("exit %d: %s", code, output())
	}
	if !strings.Contains(output(), "a quota of 0.20 CPUs") {
		t.Errorf("the quota is not said: %s", output())
	}
}

// TestSignalUnderQuota: a signal ends a long load under a quota.
func TestSignalUnderQuota(t *testing.T) {
	cmd, output := underQuota(t, strings.Fields("run load=10k duration=10m warmup=0 dut=veth --no-calibration")...)
	for deadline := time.Now().Add(patience); received(cmd.Process.Pid) < 100; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			t.Fatalf("no load: %s", output())
		}
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := ends(t, cmd); code != exitFailure {
		t.Errorf("exit %d, want %d: %s", code, exitFailure, output())
	}
}

// received is what the devices in B of a run received so far; 0 if there are none yet.
func received(pid int) (packets uint64) {
	out, err := exec.Command("ip", "-n", fmt.Sprintf("tb-%d-b", pid), "-s", "-j", "link").Output()
	if err != nil {
		return 0
	}
	var links []struct {
		Stats64 struct {
			Rx struct{ Packets uint64 }
		}
	}
	if json.Unmarshal(out, &links) != nil {
		return 0
	}
	for _, l := range links {
		packets += l.Stats64.Rx.Packets
	}
	return packets
}
