//go:build kernels

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/guest"
	"tunbench/results"
)

// guestKernelToTry is the kernel of the guests: one that TestKernelBoots gets anyway.
const guestKernelToTry = "guest=6.1"

// TestGuestIsFarEnd measures into guests and out of them, and with guests that do not boot, or end. It needs root, QEMU and a kernel package,
// and a minute for each of two boots where the CPU is emulated.
func TestGuestIsFarEnd(t *testing.T) {
	needRoot(t)
	if err := guest.FindQEMU(); err != nil {
		t.Skip(err)
	}
	program := filepath.Join(t.TempDir(), "tunbench")
	buildStatic(t, "build", "-o", program, ".")
	short := []string{"run", "--json", "--no-calibration", "topo=vm", guestKernelToTry, "accel=emulated", "duration=500ms", "warmup=0s"}
	run := func(words ...string) *exec.Cmd {
		cmd, stdout, stderr := command(t, append(short, words...)...)
		cmd.Path, cmd.Stdout, cmd.Stderr = program, stdout, stderr
		return cmd
	}

	t.Run("no QEMU", func(t *testing.T) {
		cmd := run("dut=bridge")
		cmd.Env = append(cmd.Env, "PATH="+t.TempDir())
		if code := toItsEnd(t, cmd); code != exitUnsupported || !strings.Contains(said(cmd), "qemu-system-x86") {
			t.Errorf("exit code %d: %s", code, said(cmd))
		}
	})
	t.Run("no boot", func(t *testing.T) {
		bin := t.TempDir()
		script := "#!/bin/sh\nfor a; do case $a in file,id=console,path=*) echo 'Kernel panic - not syncing' >${a#file,id=console,path=};; esac; done\n"
		if err := os.WriteFile(filepath.Join(bin, "qemu-system-x86_64"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := run("dut=bridge")
		cmd.Env = append(cmd.Env, "PATH="+bin+":"+os.Getenv("PATH"))
		trials := trialsAfter(t, cmd, exitFailure, exitUnsupported)
		if len(trials) != 1 || !strings.Contains(trials[0].Error, "Kernel panic - not syncing") {
			t.Errorf("%+v", trials)
		}
	})
	t.Run("udp, after a guest that ended", func(t *testing.T) {
		cmd := run("dut=bridge,forwarder", "load=200", "dir=bi", "sink=socket", "guestqueues=2", "flows=4")
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			killQEMU(program)
		}()
		trials := trialsAfter(t, cmd, exitFailure, exitUnsupported)
		<-killed
		if len(trials) != 2 || !strings.Contains(trials[0].Error, "the guest ended") {
			t.Fatalf("%+v", trials)
		}
		last := trials[1]
		if last.Failed() || last.Guest == nil || !last.Guest.Emulated || !results.Emulated(last.Scenario) || last.LatencyNs != nil || len(last.Directions) != 2 {
			t.Fatalf("%+v", last)
		}
		for _, d := range last.Directions {
			if d.Ledger.Packets(results.PlaceSink) == 0 || d.Ledger.Packets(results.PlaceUnaccounted) != 0 {
				t.Errorf("%s: %+v", d.Direction, d.Ledger)
			}
		}
	})
	t.Run("tcp", func(t *testing.T) {
		trials := trialsAfter(t, run("dut=bridge", "proto=tcp"), exitSuccess, exitUnsupported)
		if len(trials) != 1 || trials[0].ThroughputBps == nil || *trials[0].ThroughputBps == 0 || trials[0].Guest.NsPerPacket == nil {
			t.Errorf("%+v", trials)
		}
	})
}

func said(cmd *exec.Cmd) string { return cmd.Stderr.(*bytes.Buffer).String() }

// trialsAfter runs a command to its end, which leaves nothing of its scenes and guests, and returns its trials. A machine that has no kernel to boot
// is skipped by its exit code.
func trialsAfter(t *testing.T, cmd *exec.Cmd, want, skip int) []results.Trial {
	t.Helper()
	code := toItsEnd(t, cmd)
	if code == skip {
		t.Skip(said(cmd))
	}
	file, err := results.Read(strings.NewReader(cmd.Stdout.(*bytes.Buffer).String()))
	if code != want || err != nil {
		t.Fatalf("exit code %d, %v: %s", code, err, said(cmd))
	}
	if left := namespacesOf(t, itoa(cmd.Process.Pid)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left := qemuOf(cmd.Process.Pid); left != 0 {
		t.Errorf("QEMU is still there: %d", left)
	}
	if cache, err := guest.CacheFolder(); err == nil {
		if left, _ := filepath.Glob(filepath.Join(cache, "boot-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	return file.Trials
}

// killQEMU ends the first QEMU that a program starts.
func killQEMU(program string) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, pid := range processes() {
			if exe, _ := os.Readlink(filepath.Join("/proc", itoa(pid), "exe")); exe != program {
				continue
			}
			if qemu := qemuOf(pid); qemu != 0 {
				_ = unix.Kill(qemu, unix.SIGKILL)
				return
			}
		}
	}
}

// qemuOf finds the QEMU that is a child of a process; 0: none.
func qemuOf(parent int) int {
	for _, pid := range processes() {
		stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
		name, rest, ok := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); err == nil && ok && strings.Contains(name, "(qemu-system") && len(fields) > 1 && fields[1] == itoa(parent) {
			return pid
		}
	}
	return 0
}

func processes() (pids []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
