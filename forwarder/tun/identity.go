package tun

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ID tells a device from every other one of this host, however it was named. It holds as
// long as the device does and stays in its namespace.
type ID struct {
	namespace namespaceID
	index     int
}

// Known reports whether the ID says which device it is; where /proc is missing it does not.
func (id ID) Known() bool { return id.namespace != namespaceID{} && id.index != 0 }

// namespaceID is the inode of a network namespace; the zero value is unknown.
type namespaceID struct{ dev, ino uint64 }

// currentNamespace identifies the namespace of the calling thread.
func currentNamespace() namespaceID {
	var st unix.Stat_t
	if unix.Stat("/proc/thread-self/ns/net", &st) != nil {
		return namespaceID{}
	}
	return namespaceID{st.Dev, st.Ino}
}

// namespaceOf identifies the namespace of the device that fd is a queue of; it is unknown
// to who has no CAP_NET_ADMIN there, and before Linux 5.2.
func namespaceOf(fd int) namespaceID {
	ns, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNGETDEVNETNS, 0)
	if errno != 0 {
		return namespaceID{}
	}
	file := os.NewFile(ns, "namespace")
	defer file.Close()
	var st unix.Stat_t
	if unix.Fstat(int(ns), &st) != nil {
		return namespaceID{}
	}
	return namespaceID{st.Dev, st.Ino}
}

// Lookup identifies the device of that name in the namespace at the path netns, which is
// the caller's if empty. The error is ErrNotExist where there is none.
func Lookup(netns, name string) (id ID, err error) {
	err = InNamespace(netns, func() error {
		c, err := openControl()
		if err != nil {
			return err
		}
		index, err := c.index(name)
		id = ID{currentNamespace(), index}
		return errors.Join(err, c.close())
	})
	return id, err
}

// identify returns the index of the device that fd is a queue of, and its name.
func (c *control) identify(fd int, here namespaceID) (index int, name string, err error) {
	for range renames {
		if name, err = nameOf(fd); err != nil {
			return 0, "", err
		}
		index, err = c.index(name)
		if err != nil && !errors.Is(err, ErrNotExist) {
			return 0, "", err
		}
		again, err2 := nameOf(fd)
		if err == nil && err2 == nil && again == name {
			if ns := namespaceOf(fd); ns != here && ns != (namespaceID{}) && here != (namespaceID{}) {
				break
			}
			return index, name, nil
		}
	}
	return 0, "", fmt.Errorf("find device %s: %w", printable(name), ErrUnsteady)
}

// renames is how often an operation that goes by name is tried while somebody renames the
// device.
const renames = 100
