package tun

import (
	"fmt"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// SetPersistent says whether the device stays when its last queue is closed. One that stays and that Open created is left by Close with the
// driver's defaults, as Open leaves what it finds.
func (d *Device) SetPersistent(on bool) error {
	value := 0
	if on {
		value = 1
	}
	if err := unix.IoctlSetInt(d.queues[0].fd, unix.TUNSETPERSIST, value); err != nil {
		return fmt.Errorf("make device %s persistent (TUNSETPERSIST %d): %w", d.label, value, err)
	}
	if d.created && d.found == nil && on {
		d.found = &found{offload: OffloadNone, vnetHdrLen: offload.VnetHdrLen} // tun_set_iff, drivers/net/tun.c
	}
	return nil
}

// Owners returns the user and the group who may open queues of the device without CAP_NET_ADMIN; nil where none was named. Once there is one
// the kernel takes another in its place, but never none (__tun_chr_ioctl, drivers/net/tun.c).
func (d *Device) Owners() (owner, group *int, err error) {
	info, err := d.control.link(d.id.index)
	if err != nil {
		return nil, nil, fmt.Errorf("read owner of device %s: %w", d.label, err)
	}
	return info.owner, info.group, nil
}

// SetOwner names the user who may open queues of the device without CAP_NET_ADMIN. Where the device has a group too, the user must also be in
// that (tun_not_capable, drivers/net/tun.c).
func (d *Device) SetOwner(uid int) error {
	if err := unix.IoctlSetInt(d.queues[0].fd, unix.TUNSETOWNER, uid); err != nil {
		return fmt.Errorf("set owner %d of device %s (TUNSETOWNER): %w", uid, d.label, err)
	}
	return nil
}

// SetGroup names the group whose members may open queues of the device without CAP_NET_ADMIN. Where the device has an owner too, only that
// member may.
func (d *Device) SetGroup(gid int) error {
	if err := unix.IoctlSetInt(d.queues[0].fd, unix.TUNSETGROUP, gid); err != nil {
		return fmt.Errorf("set group %d of device %s (TUNSETGROUP): %w", gid, d.label, err)
	}
	return nil
}
