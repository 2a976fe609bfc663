//go:build fleet

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// slurmConf is a cluster of three nodes on this machine. Each place: host name, folder, its port, CPUs, three ports.
const slurmConf = `ClusterName=tunbench
SlurmctldHost=%[1]s(127.0.0.1)
SlurmctldPort=%[3]d
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[2]s/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=%[2]s/state
SlurmdSpoolDir=%[2]s/spool-%%n
SlurmctldPidFile=%[2]s/slurmctld.pid
SlurmdPidFile=%[2]s/slurmd-%%n.pid
SlurmctldLogFile=%[2]s/slurmctld.log
SlurmdLogFile=%[2]s/slurmd-%%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/linear
SchedulerType=sched/builtin
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
SlurmdTimeout=5
NodeName=n1 NodeHostname=%[1]s NodeAddr=127.0.0.1 Port=%[5]d CPUs=%[4]d
NodeName=n2 NodeHostname=%[1]s NodeAddr=127.0.0.1 Port=%[6]d CPUs=%[4]d
NodeName=n3 NodeHostname=%[1]s NodeAddr=127.0.0.1 Port=%[7]d CPUs=%[4]d
PartitionName=all Nodes=n1,n2,n3 Default=YES MaxTime=INFINITE State=UP
`

// startSlurm starts munge, slurmctld and three slurmd in a folder of their own, and makes the clients of this process, and of those that it starts,
// use them. They end with the test. nodes are the slurmd of each node.
func startSlurm(t *testing.T) (nodes map[string]*exec.Cmd) {
	t.Helper()
	needRoot(t)
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is missing: install slurm-wlm and munge", name)
		}
	}
	dir := shortTempDir(t)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	p := freePorts(t, 4)
	conf := filepath.Join(dir, "slurm.conf")
	text := fmt.Sprintf(slurmConf, host, dir, p[0], 1, p[1], p[2], p[3])
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "munge.key")
	if err := os.WriteFile(key, []byte(strings.Repeat("only for this test ", 8)), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLURM_CONF", conf)
	daemon(t, dir, "munged", "--foreground", "--force", "--key-file="+key, "--socket="+dir+"/munge.socket", "--pid-file="+dir+"/munge.pid", "--log-file="+dir+"/munge.log", "--seed-file="+dir+"/munge.seed")
	until(t, "munge answers", func() bool {
		return succeeds("munge", "--socket="+dir+"/munge.socket", "--no-input", "--output=/dev/null")
	})
	daemon(t, dir, "slurmctld", "-D", "-f", conf)
	nodes = map[string]*exec.Cmd{}
	for _, node := range []string{"n1", "n2", "n3"} {
		nodes[node] = daemon(t, dir, "slurmd", "-D", "-f", conf, "-N", node)
	}
	until(t, "three nodes are idle", func() bool {
		out, err := exec.Command("sinfo", "--noheader", "--Node", "--format=%N %t").Output()
		return err == nil && strings.Count(string(out), " idle") == 3
	})
	return nodes
}

// shortTempDir is a folder whose path a socket's address has room for, and that every user may pass through.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "fleet-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// daemon starts a program that runs until the test ends, and shows what it said if the test failed.
func daemon(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	log, err := os.CreateTemp(dir, name+"-*.said")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, dir
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
		if said, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("%s %v: %s", name, args, said[max(0, len(said)-4000):])
		}
		log.Close()
	})
	return cmd
}

// until waits for something that another process does.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v for: %s", patience, what)
		}
	}
}

func succeeds(name string, args ...string) bool { return exec.Command(name, args...).Run() == nil }

// freePorts are TCP ports of this machine that nobody listens on.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
