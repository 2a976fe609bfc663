package testbed

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
)

// idlePID returns the id of no process, and of no other test's: process ids end
// at 2^22.
func idlePID() string { return "9999" + strconv.Itoa(os.Getpid()) }

func mustHold(t *testing.T, pid string) *processLock {
	t.Helper()
	l, err := holdLock(pid)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLockShared(t *testing.T) {
	leavesNothing(t)
	pid := idlePID()
	for _, l := range []*processLock{mustHold(t, pid), mustHold(t, pid)} {
		if seized, err := seizeLock(pid); seized != nil || err != nil {
			t.Fatalf("seized %v, %v while held", seized, err)
		}
		if err := l.release(); err != nil {
			t.Fatal(err)
		}
	}
	// A Clean in another process may be quicker now and then.
	free := eventually(func() bool {
		seized, err := seizeLock(pid)
		if err != nil {
			t.Fatal(err)
		}
		if seized == nil {
			return false
		}
		if err := seized.release(); err != nil {
			t.Fatal(err)
		}
		return true
	})
	if !free {
		t.Error("not seized when free")
	}
	if !eventually(func() bool { return isClean(pid) }) {
		t.Error("the lock file is still there")
	}
}

// TestLockExcludes has holders and seizers race for files that are unlinked all
// the time: none may be inside together with the other kind.
func TestLockExcludes(t *testing.T) {
	leavesNothing(t)
	var inside sync.RWMutex // mirrors the lock: a holder must get it shared at once
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				l, err := holdLock(idlePID())
				if err != nil {
					t.Error(err)
					return
				}
				if !inside.TryRLock() {
					t.Error("held while seized")
				} else {
					runtime.Gosched()
					inside.RUnlock()
				}
				l.release()
			}
		})
		wg.Go(func() {
			for range 200 {
				l, err := seizeLock(idlePID())
				if err != nil {
					t.Error(err)
					return
				}
				if l == nil {
					continue
				}
				if !inside.TryLock() {
					t.Error("seized while held or seized")
				} else {
					runtime.Gosched()
					inside.Unlock()
				}
				l.release()
			}
		})
	}
	wg.Wait()
}
