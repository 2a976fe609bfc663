package group

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 5 * time.Minute

// groups are all that can be had here.
func groups(t *testing.T) map[string]func(mark string) (Group, error) {
	return map[string]func(mark string) (Group, error){
		"v2":   func(mark string) (Group, error) { return newV2(filepath.Base(mark)) },
		"v1":   func(mark string) (Group, error) { return newV1(filepath.Base(mark)) },
		"tree": func(mark string) (Group, error) { return newTree(mark), nil },
	}
}

// eachGroup runs a test with every kind of group that this host has.
func eachGroup(t *testing.T, test func(t *testing.T, g Group, mark string)) {
	for name, make := range groups(t) {
		t.Run(name, func(t *testing.T) {
			mark := fmt.Sprintf("TUNBENCH_DIR=%s/group-%d-%s-%s", t.TempDir(), os.Getpid(), filepath.Base(t.TempDir()), name) // as long as other tests run here too
			g, err := make(mark)
			if err != nil {
				t.Skipf("not here: %v", err)
			}
			test(t, g, mark)
		})
	}
}

// start runs a shell script in the group until it has printed a line.
func start(t *testing.T, g Group, mark, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Env = append(os.Environ(), mark)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for begun := time.Now(); !reached(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// TestEndsAll: what a program started ends with it, also what left it.
func TestEndsAll(t *testing.T) {
	for name, script := range map[string]string{
		"itself":             "echo; exec sleep 1000",
		"children":           "sleep 1000 & sleep 1000 & echo; wait",
		"a daemon":           "setsid sh -c 'sleep 1000 & sleep 1000 & wait' > /dev/null 2>&1 & echo; wait",
		"whose parent left":  "setsid sh -c 'sleep 1000' > /dev/null 2>&1 & echo",
		"deaf to all others": "trap '' TERM INT HUP QUIT; echo; while :; do sleep 1000; done",
	} {
		t.Run(name, func(t *testing.T) {
			eachGroup(t, func(t *testing.T, g Group, mark string) {
				cmd := start(t, g, mark, script)
				eventually(t, "there are processes", func() bool { return len(g.Processes()) > 0 })
				pids := g.Processes()
				go func() { _ = cmd.Wait() }()
				if err := End(g); err != nil {
					t.Fatal(err)
				}
				for _, pid := range pids {
					if p, ok := allProcesses()[pid]; ok && !p.dead {
						t.Errorf("process %d is still there", pid)
					}
				}
				if left := g.Processes(); len(left) > 0 {
					t.Errorf("%v are still there", left)
				}
			})
		})
	}
}

// TestCleanEndsWhatIsLeft of a group whose maker is gone: it knows the mark and nothing else.
func TestCleanEndsWhatIsLeft(t *testing.T) {
	eachGroup(t, func(t *testing.T, g Group, mark string) {
		cmd := start(t, g, mark, "sleep 1000 & echo; wait")
		go func() { _ = cmd.Wait() }()
		if err := Clean(mark); err != nil {
			t.Fatal(err)
		}
		if left := g.Processes(); len(left) > 0 {
			t.Errorf("%v are still there", left)
		}
		if err := Clean(mark); err != nil {
			t.Errorf("again: %v", err)
		}
	})
}

// TestCPUTime counts processes that ended, too.
func TestCPUTime(t *testing.T) {
	eachGroup(t, func(t *testing.T, g Group, mark string) {
		cmd := start(t, g, mark, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo")
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		used, known := g.CPUTime()
		if known && used < time.Millisecond {
			t.Errorf("a hundred thousand additions of a shell took %v", used)
		}
		if isTree := strings.HasSuffix(t.Name(), "tree"); known == isTree {
			t.Errorf("known: %v", known)
		}
		if err := End(g); err != nil {
			t.Error(err)
		}
	})
}

// TestOthersDoNotBelong: nobody is killed who was not started in the group.
func TestOthersDoNotBelong(t *testing.T) {
	other := exec.Command("/bin/sh", "-c", "exec sleep 1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill(); _ = other.Wait() }()
	eachGroup(t, func(t *testing.T, g Group, mark string) {
		cmd := start(t, g, mark, "echo; exec sleep 1000")
		go func() { _ = cmd.Wait() }()
		for _, pid := range g.Processes() {
			if pid == other.Process.Pid || pid == os.Getpid() {
				t.Errorf("process %d belongs", pid)
			}
		}
		if err := End(g); err != nil {
			t.Fatal(err)
		}
		if err := other.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("another process is gone: %v", err)
		}
	})
}
