package tun

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// found is what a device was set to before we attached to it: it may outlive us, and the
// next program expects what it found itself, or the driver's defaults.
type found struct {
	offload    Offload
	vnetHdrLen int
	mtu        setting // bytes
	txQueueLen setting // packets
}

// setting is a figure of the network device that we changed.
type setting struct{ was, ours int } // ours is 0 where it was left alone

// find looks at a device that fd has just become a queue of, and refuses one that cannot
// be read and written as Config says.
func (d *Device) find(fd int, cfg Config) error {
	info, err := d.settled()
	if err != nil {
		return err
	}
	d.others = max(info.queues+info.disabled-1, 0)
	if err := checkFlags(info, cfg); err != nil {
		if d.others == 0 {
			return errStale
		}
		return err
	}
	before := &found{mtu: setting{info.mtu, cfg.MTU}, txQueueLen: setting{info.txQueueLen, cfg.TxQueueLen}}
	if before.vnetHdrLen, err = getVnetHdrLen(fd); err != nil {
		return err
	}
	if before.offload, err = d.activeOffload(fd); err != nil {
		return err
	}
	d.found = before
	return nil
}

// lingers is how long the queues of a program that was killed may outlive it: its rings
// keep them open until the kernel has cleared them away, some milliseconds later, or on a busy
// machine as soon as there is time for it.
const lingers = 2 * time.Second

// errStale says that the device has the flags of queues that have gone since: whoever comes
// first chooses them anew.
var errStale = errors.New("flags of a program that has ended")

// settled returns what there is to know about the device that we have one queue of, when it
// has no other queues or those have stayed.
func (d *Device) settled() (linkInfo, error) {
	for deadline := time.Now().Add(d.patience); ; time.Sleep(5 * time.Millisecond) {
		looked := time.Now()
		info, err := d.control.link(d.id.index)
		if err != nil || info.queues+info.disabled <= 1 || !looked.Before(deadline) {
			return info, err
		}
	}
}

// activeOffload asks by name, which somebody may change meanwhile.
func (d *Device) activeOffload(fd int) (Offload, error) {
	for range renames {
		name, err := nameOf(fd)
		if err != nil {
			return 0, err
		}
		active, err := d.control.activeOffload(name)
		if errors.Is(err, unix.ENODEV) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if again, err := nameOf(fd); err == nil && again == name {
			return active, nil
		}
	}
	return 0, ErrUnsteady
}

// restore sets the device as it was found, once, unless other programs have come to it: for
// them it is as we, or they, set it.
func (d *Device) restore() error {
	before := d.found
	d.found = nil
	if before == nil {
		return nil
	}
	more, err := d.OthersCame()
	if err != nil || more {
		return err
	}
	fd := d.queues[0].fd
	length, err := getVnetHdrLen(fd)
	if err == nil && d.vnetHdrLen != 0 && length == d.vnetHdrLen {
		err = setVnetHdrLen(fd, before.vnetHdrLen)
	}
	err = errors.Join(err, setOffload(fd, before.offload), d.restoreLink(before))
	if err != nil && !errors.Is(err, unix.EBADFD) {
		return fmt.Errorf("restore device %s: %w", d.label, err)
	}
	return nil // or it is gone
}

// restoreLink sets what configureLink has set as it was, where nobody has set it to something else since.
func (d *Device) restoreLink(before *found) error {
	if before.mtu.ours == 0 && before.txQueueLen.ours == 0 {
		return nil
	}
	now, err := d.control.link(d.id.index)
	if errors.Is(err, ErrNotExist) {
		return nil // gone, or moved to another namespace
	}
	if err != nil {
		return err
	}
	back := func(kind uint16, s setting, is int) error {
		if s.ours == 0 || is != s.ours || is == s.was {
			return nil
		}
		err := d.control.change(d.id.index, 0, 0, uint32Attr(kind, uint32(s.was)))
		if errors.Is(err, unix.ENODEV) {
			return nil
		}
		return err
	}
	return errors.Join(back(unix.IFLA_MTU, before.mtu, now.mtu), back(unix.IFLA_TXQLEN, before.txQueueLen, now.txQueueLen))
}

// Others returns how many queues of the device other programs have that take packets: of
// what the kernel sends, those that hash to them do not come to us. It is 0 where the
// kernel does not tell (before Linux 4.18).
func (d *Device) Others() (int, error) {
	info, err := d.control.link(d.id.index)
	if errors.Is(err, ErrNotExist) {
		return 0, nil
	}
	return max(info.queues-len(d.queues), 0), err
}

// OthersCame reports whether other programs have more queues of the device than they had
// when it was opened. What was set on the device since may then be theirs.
func (d *Device) OthersCame() (bool, error) {
	info, err := d.control.link(d.id.index)
	if errors.Is(err, ErrNotExist) {
		return false, nil
	}
	return info.queues+info.disabled-len(d.queues) > d.others, err
}

// Check returns ErrChanged when another program has set a vnet header of another length,
// which holds for all queues. It must not be called after Close.
func (d *Device) Check() error {
	if d.vnetHdrLen == 0 {
		return nil
	}
	length, err := getVnetHdrLen(d.queues[0].fd)
	if err != nil || length == d.vnetHdrLen {
		return nil // gone: who reads from it says so
	}
	return fmt.Errorf("device %s: %w: the vnet header has %d bytes now (TUNSETVNETHDRSZ) and had %d: end that program and start again",
		d.label, ErrChanged, length, d.vnetHdrLen)
}
