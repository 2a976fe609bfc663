package host

import (
	"errors"
	"runtime"

	"golang.org/x/sys/unix"
)

// errAbandoned says that a function ended its goroutine (runtime.Goexit) instead of
// returning.
var errAbandoned = errors.New("the function did not return")

// OnOwnThread runs f on a thread that ends with it, and waits for it: what f sets on its
// thread, such as the CPUs it may use, nothing else ever runs with. It is never the main
// thread, which the Go runtime cannot end and keeps as it was left: what /proc/self/status
// says would be f's affinity from then on.
func OnOwnThread(f func() error) error {
	done := make(chan error, 1)
	go ownThread(f, done)
	return <-done
}

func ownThread(f func() error, done chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// Held here while another one does the work.
		defer runtime.UnlockOSThread()
		done <- OnOwnThread(f)
		return
	}
	err := errAbandoned
	defer func() { done <- err }()
	err = f()
}
