package doctor

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/forwarder/tun"
)

// tryNamespace makes a network namespace that goes away at once.
func tryNamespace() error { return tun.InNewNamespace(func() error { return nil }) }

// scene says whether what a measurement happens in can be set up.
func scene(try func() error) Check {
	const name = "testbed"
	if try == nil {
		return unknown(name, "not probed")
	}
	var unfit *host.Unfit
	switch err := try(); {
	case err == nil:
		return ok(name, "can be set up")
	case errors.As(err, &unfit):
		return missing(name, "needs "+unfit.Missing, "no measurement can run", unfit.Remedy)
	default:
		return missing(name, err.Error(), "no measurement can run", "run as root")
	}
}

// tryDevicesHere asks for something that takes CAP_NET_ADMIN where the network namespace of
// this process was made, as devices do: root of another user namespace lacks it.
func tryDevicesHere() error {
	s, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("create socket: %w", err)
	}
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCGSKNS, 0)
	if errno != 0 {
		return errors.Join(os.NewSyscallError("SIOCGSKNS", errno), unix.Close(s))
	}
	return errors.Join(unix.Close(int(fd)), unix.Close(s))
}

func devicesHere(tried error) Check {
	const name = "devices here"
	switch {
	case tried == nil:
		return ok(name, "can be made")
	case errors.Is(tried, unix.EPERM):
		return missing(name, "no CAP_NET_ADMIN in this network namespace",
			"tunbench forward can use devices of this namespace only where this user owns them", "run as root, or in a network namespace of its own (unshare -Urn)")
	default:
		return unknown(name, "%v", tried)
	}
}

func namespaces(tried error) Check {
	const name = "network namespaces"
	switch {
	case tried == nil:
		return ok(name, "can be made")
	case errors.Is(tried, unix.EPERM):
		return missing(name, tried.Error(), "no testbed can be built", "run as root with CAP_SYS_ADMIN")
	case errors.Is(tried, unix.EINVAL):
		return missing(name, tried.Error(), "no testbed can be built", "use a kernel with CONFIG_NET_NS")
	case errors.Is(tried, unix.ENOSPC):
		return missing(name, "limit reached", "no testbed can be built", "raise user.max_net_namespaces")
	default:
		return unknown(name, "%v", tried)
	}
}
