package host

import (
	"errors"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// tryNamespace makes a network namespace that goes away at once.
func tryNamespace() error { return tun.InNewNamespace(func() error { return nil }) }

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
