package tun

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// linkInfo is what rtnetlink tells of a device; of one that is not TUN or TAP only kind and up.
// Before Linux 4.18 known is false and what comes after it is missing.
type linkInfo struct {
	kind       string // IFLA_INFO_KIND: "tun" for both
	up         bool
	mtu        int // bytes of IP packet
	txQueueLen int // packets of each queue
	known      bool
	tap        bool // rather than TUN
	packetInfo bool // four bytes before each packet: no IFF_NO_PI
	vnetHdr    bool
	multiQueue bool
	queues     int // attached ones, of all programs
	disabled   int // detached by TUNSETQUEUE

	owner, group *int // who may open it without CAP_NET_ADMIN; nil: nobody was named
}

// linkReplyLen holds the longest answer about one link.
const linkReplyLen = 64 << 10

// errNoAnswer says that the kernel answered something else.
var errNoAnswer = errors.New("wrong answer")

// link asks for a device by its index.
func (c *control) link(index int) (linkInfo, error) {
	replies, err := c.request(unix.RTM_GETLINK, unix.NLM_F_REQUEST, unix.IfInfomsg{Index: int32(index)}, nil)
	if errors.Is(err, unix.ENODEV) {
		return linkInfo{}, ErrNotExist
	}
	if err != nil {
		return linkInfo{}, fmt.Errorf("read link: %w", err)
	}
	for _, m := range replies {
		if m.Header.Type == unix.RTM_NEWLINK && len(m.Data) >= unix.SizeofIfInfomsg {
			return parseLink(m.Data), nil
		}
	}
	return linkInfo{}, fmt.Errorf("read link: %w", errNoAnswer)
}

// change sets attributes and flags of a device by its index; only flags in the mask change.
func (c *control) change(index int, flags, mask uint32, attrs []byte) error {
	_, err := c.request(unix.RTM_NEWLINK, unix.NLM_F_REQUEST|unix.NLM_F_ACK,
		unix.IfInfomsg{Index: int32(index), Flags: flags, Change: mask}, attrs)
	return err
}

// request sends one message about a link and returns what comes back; an answer that is an
// error is returned as such.
func (c *control) request(kind, flags uint16, link unix.IfInfomsg, attrs []byte) ([]syscall.NetlinkMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	order := binary.NativeEndian
	message := order.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+unix.SizeofIfInfomsg+len(attrs)))
	message = order.AppendUint16(message, kind)
	message = order.AppendUint16(message, flags)
	message = append(message, make([]byte, 8)...) // sequence, port: one question at a time
	message = append(message, link.Family, 0)
	message = order.AppendUint16(message, link.Type)
	message = order.AppendUint32(message, uint32(link.Index))
	message = order.AppendUint32(message, link.Flags)
	message = order.AppendUint32(message, link.Change)
	message = append(message, attrs...)
	if err := unix.Sendto(c.fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	reply := make([]byte, linkReplyLen)
	n, err := receive(c.fd, reply)
	if err != nil {
		return nil, err
	}
	replies, err := syscall.ParseNetlinkMessage(reply[:n])
	if err != nil {
		return nil, err
	}
	for _, m := range replies {
		if m.Header.Type == unix.NLMSG_ERROR && len(m.Data) >= 4 {
			if code := int32(order.Uint32(m.Data)); code != 0 {
				return nil, syscall.Errno(-code)
			}
		}
	}
	return replies, nil
}

func receive(fd int, buf []byte) (int, error) {
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// uint32Attr is a netlink attribute with a number.
func uint32Attr(kind uint16, value uint32) []byte {
	attr := binary.NativeEndian.AppendUint16(nil, unix.SizeofNlAttr+4)
	attr = binary.NativeEndian.AppendUint16(attr, kind)
	return binary.NativeEndian.AppendUint32(attr, value)
}

// parseLink reads an ifinfomsg with its attributes (tun_fill_info in drivers/net/tun.c).
func parseLink(message []byte) linkInfo {
	info := linkInfo{up: binary.NativeEndian.Uint32(message[8:])&unix.IFF_UP != 0} // ifi_flags
	eachAttr(message[unix.SizeofIfInfomsg:], func(kind uint16, value []byte) {
		switch {
		case kind == unix.IFLA_LINKINFO:
			eachAttr(value, info.parse)
		case kind == unix.IFLA_MTU && len(value) == 4:
			info.mtu = int(binary.NativeEndian.Uint32(value))
		case kind == unix.IFLA_TXQLEN && len(value) == 4:
			info.txQueueLen = int(binary.NativeEndian.Uint32(value))
		}
	})
	return info
}

func (i *linkInfo) parse(kind uint16, value []byte) {
	switch kind {
	case unix.IFLA_INFO_KIND:
		i.kind = unix.ByteSliceToString(value)
	case unix.IFLA_INFO_DATA:
		if i.kind == "tun" { // the kind comes first
			eachAttr(value, i.parseTUN)
		}
	}
}

func (i *linkInfo) parseTUN(kind uint16, value []byte) {
	number := uint32(0)
	switch len(value) {
	case 1:
		number = uint32(value[0])
	case 4:
		number = binary.NativeEndian.Uint32(value)
	}
	switch kind {
	case unix.IFLA_TUN_OWNER:
		i.owner = new(int(number))
	case unix.IFLA_TUN_GROUP:
		i.group = new(int(number))
	case unix.IFLA_TUN_TYPE:
		i.known, i.tap = true, number == unix.IFF_TAP
	case unix.IFLA_TUN_PI:
		i.packetInfo = number != 0
	case unix.IFLA_TUN_VNET_HDR:
		i.vnetHdr = number != 0
	case unix.IFLA_TUN_MULTI_QUEUE:
		i.multiQueue = number != 0
	case unix.IFLA_TUN_NUM_QUEUES:
		i.queues = int(number)
	case unix.IFLA_TUN_NUM_DISABLED_QUEUES:
		i.disabled = int(number)
	}
}

// eachAttr calls f with every netlink attribute; one that is cut ends it.
func eachAttr(attrs []byte, f func(kind uint16, value []byte)) {
	for len(attrs) >= unix.SizeofNlAttr {
		length := int(binary.NativeEndian.Uint16(attrs))
		if length < unix.SizeofNlAttr || length > len(attrs) {
			return
		}
		f(binary.NativeEndian.Uint16(attrs[2:])&^(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER), attrs[unix.SizeofNlAttr:length])
		aligned := (length + unix.NLA_ALIGNTO - 1) &^ (unix.NLA_ALIGNTO - 1)
		attrs = attrs[min(aligned, len(attrs)):]
	}
}
