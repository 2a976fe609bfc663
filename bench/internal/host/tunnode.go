package host

import "tunbench/forwarder/tun"

// tunPath is the clone device of the tun driver, relative to the root
// (Documentation/networking/tuntap.rst).
const tunPath = "dev/net/tun"

// OpenTUN opens the clone device and closes it again; see tun.CheckClone.
func (m Machine) OpenTUN() error { return tun.CheckClone(m.Path(tunPath)) }
