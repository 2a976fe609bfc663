package tun

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// NAPI is how written packets enter the network stack (IFF_NAPI). Whichever it is, it
// holds for all queues of a Device.
type NAPI int

// The ways in. A device that exists keeps NAPIThreaded when it is attached to with
// NAPIOn.
const (
	NAPIOff      NAPI = iota // directly, inside the write
	NAPIOn                   // through GRO, in a softirq at the end of the write
	NAPIThreaded             // through GRO, in a kernel thread of each queue
)

var napiNames = [...]string{NAPIOff: "off", NAPIOn: "on", NAPIThreaded: "threaded"}

// ParseNAPI reads one of off, on, threaded.
func ParseNAPI(s string) (NAPI, error) {
	for n, name := range napiNames {
		if name == s {
			return NAPI(n), nil
		}
	}
	return 0, fmt.Errorf("NAPI %q: want off, on or threaded", s)
}

// String returns the name that ParseNAPI reads.
func (n NAPI) String() string {
	if n < 0 || int(n) >= len(napiNames) {
		return fmt.Sprintf("NAPI(%d)", int(n))
	}
	return napiNames[n]
}

// setThreaded moves the device's NAPI into kernel threads, also that of queues to come.
// At least one queue must have it already (netif_set_threaded in net/core/dev.c).
func setThreaded(device string) error {
	err := inSysfs(func(root int) error {
		path := "class/net/" + device + "/threaded"
		fd, err := unix.Openat(root, path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		_, err = unix.Write(fd, []byte("1"))
		return errors.Join(err, unix.Close(fd))
	})
	if err != nil {
		return fmt.Errorf("set threaded NAPI: %w", err)
	}
	return nil
}

// inSysfs lends f the root of a sysfs that shows the devices of the current namespace:
// the one at /sys shows those of whoever mounted it. Nobody else sees this one. It needs
// CAP_SYS_ADMIN.
func inSysfs(f func(root int) error) (err error) {
	context, err := unix.Fsopen("sysfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open sysfs: %w", err)
	}
	defer func() { err = errors.Join(err, unix.Close(context)) }()
	if err := unix.FsconfigCreate(context); err != nil {
		return fmt.Errorf("create sysfs: %w", err)
	}
	root, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("mount sysfs: %w", err)
	}
	defer func() { err = errors.Join(err, unix.Close(root)) }()
	return f(root)
}
