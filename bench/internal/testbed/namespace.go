package testbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// netnsDir is where ip-netns(8) keeps the names of network namespaces.
const netnsDir = "/run/netns"

// removalPatience is how long a name may stay busy before it is an error.
const removalPatience = time.Second

// Namespace is a network namespace with a name, made and removed by a Testbed.
// All methods may be called from any goroutine.
type Namespace struct {
	name    string
	path    string          // of its file; "" is where ip-netns(8) keeps it
	netlink *netlink.Handle // a NETLINK_ROUTE socket inside
}

// Name is the name that `ip netns` shows.
func (ns *Namespace) Name() string { return ns.name }

// Path is the file that setns(2) wants opened.
func (ns *Namespace) Path() string {
	if ns.path != "" {
		return ns.path
	}
	return filepath.Join(netnsDir, ns.name)
}

// Do runs f on an OS thread of its own inside the namespace and returns f's
// error. Sockets and devices that f opens stay in the namespace wherever they are
// used later. f must not start goroutines that expect to be inside.
func (ns *Namespace) Do(f func() error) error { return tun.InNamespace(ns.Path(), f) }

// newNamespace creates an empty namespace. A name that exists is ErrNameTaken.
func newNamespace(name string) (*Namespace, error) {
	if err := prepareNetnsDir(); err != nil {
		return nil, err
	}
	ns := &Namespace{name: name}
	f, err := os.OpenFile(ns.Path(), os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("create %s: %w", name, ErrNameTaken)
	}
	if err != nil {
		return nil, fmt.Errorf("create namespace's file: %w", refusedRun(err))
	}
	f.Close()
	if err := ns.unshare(); err != nil {
		return nil, errors.Join(fmt.Errorf("create %s: %w", name, err), ns.remove())
	}
	return ns, nil
}

// unshare binds a new namespace to the name and opens netlink in it.
func (ns *Namespace) unshare() error {
	return tun.InNewNamespace(func() error {
		if err := unix.Mount("/proc/thread-self/ns/net", ns.Path(), "none", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind network namespace: %w", refusedMount(err))
		}
		handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("open netlink: %w", err)
		}
		ns.netlink = handle
		return nil
	})
}

// remove closes what the Namespace holds and takes its name away. It must be
// called once.
func (ns *Namespace) remove() error {
	if ns.netlink != nil {
		ns.netlink.Close()
	}
	_, err := removeName(ns.name)
	return err
}

// removeName unlists the namespace of that name and reports whether there was
// one. On success the name is free; the kernel destroys the namespace itself when
// its last user (a thread, a socket, a queue's fd) is gone.
func removeName(name string) (found bool, err error) {
	path := filepath.Join(netnsDir, name)
	for deadline := time.Now().Add(removalPatience); ; time.Sleep(time.Millisecond) {
		if err := unmountAll(path); err != nil {
			return found, fmt.Errorf("unmount namespace %s: %w", name, err)
		}
		err := os.Remove(path)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, os.ErrNotExist):
			return found, nil
		case !errors.Is(err, unix.EBUSY) || time.Now().After(deadline):
			return found, fmt.Errorf("remove namespace %s: %w", name, err)
		}
		found = true
	}
}

// unmountAll takes away every mount on path: more than one can lie there.
func unmountAll(path string) error {
	for {
		err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
			return nil // no mount (any more)
		}
		if err != nil {
			return err
		}
	}
}

// prepareNetnsDir makes netnsDir a shared mount, as ip-netns(8) does: only then
// an unmount reaches the copies in other mount namespaces, which would keep a
// removed network namespace alive. The lock is the one iproute2 takes.
func prepareNetnsDir() error {
	if err := os.MkdirAll(netnsDir, 0o755); err != nil {
		return fmt.Errorf("create directory: %w", refusedRun(err))
	}
	dir, err := os.Open(netnsDir)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	defer dir.Close()
	if err := flock(dir, unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", netnsDir, err)
	}
	share := func() error { return unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "") }
	err = share()
	if errors.Is(err, unix.EINVAL) { // not a mount yet
		if err := unix.Mount(netnsDir, netnsDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("bind %s to itself: %w", netnsDir, refusedMount(err))
		}
		err = share()
	}
	if err != nil {
		return fmt.Errorf("make mount %s shared: %w", netnsDir, refusedMount(err))
	}
	return nil
}
