package testbed

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/forwarder/tun"
)

// holdArgument makes the test binary a process that has a Testbed up until its
// standard input ends.
const holdArgument = "hold-testbed"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == holdArgument {
		if err := hold(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func hold() error {
	t, err := Up(context.Background(), Config{Topology: Route})
	if err != nil {
		return err
	}
	fmt.Println("up")
	io.Copy(io.Discard, os.Stdin)
	return t.Down()
}

// patience is how long something may take before the test calls it a failure: far longer
// than on the slowest machine.
const patience = 5 * time.Minute

// holder is another process with a Testbed up.
type holder struct {
	*exec.Cmd
	stdin io.Closer
}

func startHolder(t *testing.T) *holder {
	t.Helper()
	cmd := exec.Command(os.Args[0], holdArgument)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if line, err := io.ReadAll(io.LimitReader(stdout, 3)); string(line) != "up\n" {
		t.Fatalf("other process said %q, %v", line, err)
	}
	return &holder{cmd, stdin}
}

func (h *holder) pid() string { return strconv.Itoa(h.Process.Pid) }

func (h *holder) kill(t *testing.T) {
	t.Helper()
	if err := h.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	h.Wait()
}

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
}

// up builds a Testbed that is taken down with the test.
func up(t testing.TB, cfg Config) *Testbed {
	t.Helper()
	needRoot(t)
	bed, err := Up(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bed.Down(); err != nil {
			t.Error(err)
		}
	})
	return bed
}

// leavesNothing fails the test if it ends with other namespaces, lock files or open fds
// of this process than it began with. It begins with no scene.
func leavesNothing(t *testing.T) {
	t.Helper()
	needRoot(t)
	// The first use of the network poller opens fds that stay.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	// A Clean in another process may have the lock file in hand right now, which it makes if there is none.
	var before []string
	if !eventually(func() bool { before = scene(t); return !slices.Contains(before, ownLock()) }) {
		t.Fatalf("%s was there before", ownLock())
	}
	t.Cleanup(func() {
		var diff string
		same := eventually(func() bool {
			diff = cmp.Diff(before, scene(t))
			return diff == ""
		})
		if !same {
			t.Errorf("left behind (-before +after):\n%s", diff)
		}
	})
}

// eventually reports whether the condition becomes true within patience.
func eventually(condition func() bool) bool {
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// ownLock is the lock file of this process.
func ownLock() string { return lockPath(strconv.Itoa(os.Getpid())) }

// scene lists what this process has in the file system and open.
func scene(t *testing.T) []string {
	t.Helper()
	found := exists(namesOf(strconv.Itoa(os.Getpid())))
	if _, err := os.Lstat(ownLock()); err == nil {
		found = append(found, ownLock())
	}
	for _, fd := range list(t, "/proc/self/fd") {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", fd))
		if err == nil && !strings.HasSuffix(target, "/fd") {
			found = append(found, target)
		}
	}
	return found
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// namesOf are the namespaces that a process can have.
func namesOf(pid string) []string {
	return []string{"tb-" + pid + "-a", "tb-" + pid + "-b", "tb-" + pid + "-r"}
}

// exists reports which of the namespaces are listed.
func exists(names []string) []string {
	var found []string
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(netnsDir, name)); err == nil {
			found = append(found, name)
		}
	}
	return found
}

// scenes are one Config for each way of building.
func scenes() map[string]Config {
	return map[string]Config{
		"tun":                {Topology: Devices, Kind: tun.TUN},
		"tun multi-queue v6": {Topology: Devices, Kind: tun.TUN, MultiQueue: true, IPv6: true},
		"tap":                {Topology: Devices, Kind: tun.TAP},
		"tap multi-queue v6": {Topology: Devices, Kind: tun.TAP, MultiQueue: true, IPv6: true},
		"tap forwarding v6":  {Topology: Devices, Kind: tun.TAP, IPv6: true, Forward: true},
		"veth":               {Topology: Veth},
		"veth v6":            {Topology: Veth, IPv6: true},
		"route":              {Topology: Route},
		"bridge":             {Topology: Bridge},
		"bridge v6":          {Topology: Bridge, IPv6: true},
		"route v6":           {Topology: Route, IPv6: true},
		"vxlan":              {Topology: Devices, Kind: tun.TAP, VXLAN: true},
		"vxlan v6":           {Topology: Veth, VXLAN: true, IPv6: true, Forward: true},
		"bridges":            {Topology: Bridges, Kind: tun.TAP},
		"bridges v6":         {Topology: Bridges, Kind: tun.TAP, MultiQueue: true, IPv6: true, Forward: true, NAPI: true},
	}
}
