package tun

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// InNamespace runs f on an OS thread of its own that has entered the network
// namespace bound at path (for example /run/netns/left), and returns f's error.
// An empty path means the caller's namespace: f then runs in place.
//
// Every fd that f opens keeps the namespace, whichever thread uses it later.
// The thread is never returned to the Go scheduler, it ends with f; f must not
// start goroutines that expect to be inside.
func InNamespace(path string, f func() error) error {
	if path == "" {
		return f()
	}
	ns, err := os.Open(path)
	if err != nil {
		return forbidden(fmt.Errorf("open network namespace: %w", err), "to be allowed to read "+printable(path), "run as root")
	}
	defer ns.Close()
	return onOwnThread(func() error {
		switch err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); {
		case errors.Is(err, unix.EINVAL):
			return fmt.Errorf("enter %s: %w", printable(path), ErrNotNamespace)
		case err != nil:
			return fmt.Errorf("enter network namespace %s: %w", printable(path),
				forbidden(err, "CAP_SYS_ADMIN here and where the namespace was made", "run as root, or start this inside (ip netns exec) and name the device alone"))
		}
		return f()
	})
}

// InNewNamespace is InNamespace for a fresh namespace without a name, which is
// gone as soon as f and the fds it opened are, unless f binds it somewhere. It
// needs CAP_SYS_ADMIN.
func InNewNamespace(f func() error) error {
	return onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("create network namespace: %w", forbidden(err, "CAP_SYS_ADMIN", "run as root"))
		}
		return f()
	})
}

// onOwnThread runs f on a locked thread that dies with it: a thread that has
// changed its namespace must not serve other goroutines.
func onOwnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread would never end, and keep the namespace alive: hold
			// it while another one does the work.
			defer runtime.UnlockOSThread()
			done <- onOwnThread(f)
			return
		}
		err := errAbandoned
		defer func() { done <- err }() // also when f ends its goroutine
		err = f()
	}()
	return <-done
}

// errAbandoned says that f ended its goroutine (runtime.Goexit) instead of returning.
var errAbandoned = errors.New("the function did not return")
