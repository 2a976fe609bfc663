package testbed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

func TestOwnerOf(t *testing.T) {
	for name, want := range map[string]string{
		"tb-1-a":      "1",
		"tb-12345-b":  "12345",
		"tb-12345-r":  "12345",
		"tb-12345-c":  "",
		"tb-12345-":   "",
		"tb-12345":    "",
		"tb-12345-ab": "",
		"tb--a":       "",
		"tb-12x-a":    "",
		"tb--5-a":     "",
		"tb-5-a-b":    "",
		"xtb-5-a":     "",
		"tb":          "",
		"":            "",
	} {
		if got, ok := ownerOf(name); ok != (want != "") || (ok && got != want) {
			t.Errorf("owner of %q is %q, %v, want %q", name, got, ok, want)
		}
	}
}

// TestCleanAfterKill repeats itself when another process on this machine happened
// to clean first.
func TestCleanAfterKill(t *testing.T) {
	leavesNothing(t)
	alive := startHolder(t)
	own := up(t, Config{Topology: Veth})
	const attempts = 20
	for range attempts {
		dead := startHolder(t)
		dead.kill(t)
		removed, err := Clean()
		if err != nil {
			t.Fatal(err)
		}
		if !eventually(func() bool { return isClean(dead.pid()) }) {
			t.Fatalf("Clean returned %v and left %v", removed, exists(namesOf(dead.pid())))
		}
		checkUntouched(t, alive, own)
		if containsAll(removed, namesOf(dead.pid())) {
			return
		}
	}
	t.Errorf("Clean never removed the three namespaces of a dead process in %d attempts", attempts)
}

func isClean(pid string) bool {
	_, err := os.Lstat(lockPath(pid))
	return os.IsNotExist(err) && len(exists(namesOf(pid))) == 0
}

func containsAll(all, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(all, name) })
}

// checkUntouched looks at the Testbeds of a live process and of this one.
func checkUntouched(t *testing.T, alive *holder, own *Testbed) {
	t.Helper()
	if got := exists(namesOf(alive.pid())); len(got) != 3 {
		t.Errorf("the live process has only %v", got)
	}
	if _, err := own.Counters(); err != nil {
		t.Errorf("own testbed: %v", err)
	}
	if err := own.A().Namespace.Do(func() error { return nil }); err != nil {
		t.Errorf("own testbed: %v", err)
	}
}

func TestUpCleans(t *testing.T) {
	leavesNothing(t)
	dead := startHolder(t)
	dead.kill(t)
	up(t, Config{Topology: Veth})
	if !eventually(func() bool { return isClean(dead.pid()) }) {
		t.Errorf("still there after Up: %v", exists(namesOf(dead.pid())))
	}
}

func TestCleanLeavesOtherNames(t *testing.T) {
	needRoot(t)
	name := fmt.Sprintf("tb-%d-x", os.Getpid())
	ns, err := newNamespace(name)
	if err != nil {
		t.Fatal(err)
	}
	defer ns.remove()
	removed, err := Clean()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(removed, name) || len(exists([]string{name})) == 0 {
		t.Errorf("Clean removed %v", removed)
	}
}

// TestUpAfterDeadProcessWithOurPID finds remains under our own names, one of them
// a file that was never bound.
func TestUpAfterDeadProcessWithOurPID(t *testing.T) {
	leavesNothing(t)
	pid := strconv.Itoa(os.Getpid())
	lock := mustHold(t, pid) // while the remains are made
	remains, err := newNamespace(namespaceName(pid, roleA))
	if err != nil {
		t.Fatal(err)
	}
	remains.netlink.Close()
	if err := os.WriteFile(filepath.Join(netnsDir, namespaceName(pid, roleB)), nil, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := lock.release(); err != nil {
		t.Fatal(err)
	}
	bed, err := Up(context.Background(), Config{Topology: Veth})
	if err != nil {
		t.Fatal(err)
	}
	if err := bed.Down(); err != nil {
		t.Error(err)
	}
}

// TestTwoProcesses has a scene in each of two processes and traffic in one, which
// the end of the other does not disturb.
func TestTwoProcesses(t *testing.T) {
	leavesNothing(t)
	other := startHolder(t)
	bed := up(t, Config{Topology: Route})
	roundTrip(t, bed, bed.B().Addr)

	other.stdin.Close()
	if err := other.Wait(); err != nil {
		t.Errorf("other process: %v", err)
	}
	if got := exists(namesOf(other.pid())); len(got) > 0 {
		t.Errorf("the other process left %v", got)
	}
	if _, err := bed.Counters(); err != nil {
		t.Error(err)
	}
}

// TestRemoveNameUnderTwoMounts is what `ip netns add` makes of a namespace when it
// is the first to bind /run/netns to itself.
func TestRemoveNameUnderTwoMounts(t *testing.T) {
	leavesNothing(t)
	pid := strconv.Itoa(os.Getpid())
	defer mustHold(t, pid).release()
	name := namespaceName(pid, roleA)
	ns, err := newNamespace(name)
	if err != nil {
		t.Fatal(err)
	}
	ns.netlink.Close()
	if err := ns.unshare(); err != nil { // a second one on top
		t.Fatal(err)
	}
	if err := ns.remove(); err != nil {
		t.Error(err)
	}
	if got := exists([]string{name}); len(got) > 0 {
		t.Errorf("still there: %v", got)
	}
}
