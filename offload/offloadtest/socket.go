package offloadtest

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// Socket is a packet socket at a device: what is sent there, whoever has the device's queues
// reads; what they write, arrives there. It is for one goroutine.
type Socket struct {
	fd       int
	buf, oob []byte
}

// receiveBuffer holds all that a test sends before it looks, and what waits takes no more
// memory than it needs.
const receiveBuffer = 512 << 20

// OpenSocket opens the one of a device in the network namespace of the current thread. It
// stays there, wherever it is used.
func OpenSocket(device string) (*Socket, error) {
	s := &Socket{fd: -1, buf: make([]byte, 1<<17), oob: make([]byte, 256)}
	if err := s.open(device); err != nil {
		return nil, errors.Join(fmt.Errorf("open packet socket at %s: %w", device, err), s.Close())
	}
	return s, nil
}

func (s *Socket) open(device string) (err error) {
	if s.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	for _, o := range []struct{ level, name, value int }{
		{unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1},
		{unix.SOL_PACKET, unix.PACKET_AUXDATA, 1},
		{unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1},
		{unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer},
		{unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 4 << 20},
	} {
		if err := unix.SetsockoptInt(s.fd, o.level, o.name, o.value); err != nil {
			return err
		}
	}
	ifr, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(s.fd, unix.SIOCGIFINDEX, ifr); err != nil {
		return err
	}
	const everythingInNetworkOrder = 0x0300 // ETH_P_ALL
	return unix.Bind(s.fd, &unix.SockaddrLinklayer{Protocol: everythingInNetworkOrder, Ifindex: int(ifr.Uint32())})
}

// Close closes the socket. It may be called again.
func (s *Socket) Close() error {
	if s.fd < 0 {
		return nil
	}
	err := unix.Close(s.fd)
	s.fd = -1
	return err
}

// fullFor is how long a ring may be full before what is sent is given up.
const fullFor = 5 * time.Minute

// Send puts a frame, vnet header first, into the device. Where a ring is full, which an intake
// says to the sender and counts, it tries again: nothing is lost by it. A frame that
// contradicts itself the kernel may refuse, see [Refused].
func (s *Socket) Send(frame []byte) error { return s.send(frame, fullFor) }

// SendOnce is Send of a frame that contradicts itself: the kernel says of some that a ring is
// full, and would say so for ever.
func (s *Socket) SendOnce(frame []byte) error { return s.send(frame, 0) }

func (s *Socket) send(frame []byte, patience time.Duration) error {
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		if _, err := unix.Write(s.fd, frame); !errors.Is(err, unix.ENOBUFS) || time.Since(start) >= patience {
			return err
		}
	}
}

// Refused says that the kernel did not let a frame into the device.
func Refused(err error) bool {
	for _, errno := range []error{unix.EINVAL, unix.EMSGSIZE, unix.ENOBUFS, unix.ENOMEM, unix.EPROTONOSUPPORT} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// Receive returns the next frame that arrived; ok is false when there is none.
func (s *Socket) Receive() (frame []byte, ok bool, err error) {
	n, oobn, _, _, err := unix.Recvmsg(s.fd, s.buf, s.oob, 0)
	if errors.Is(err, unix.EAGAIN) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	frame, err = restoreTag(slices.Clone(s.buf[:n]), s.oob[:oobn])
	return frame, true, err
}

// Wait returns when there is a frame to receive, or after so many milliseconds.
func (s *Socket) Wait(ms int) error {
	_, err := unix.Poll([]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}, ms)
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	return err
}

// restoreTag puts the VLAN tag back that the kernel took out of the frame on arrival.
func restoreTag(frame, oob []byte) ([]byte, error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if m.Header.Level != unix.SOL_PACKET || m.Header.Type != unix.PACKET_AUXDATA {
			continue
		}
		var aux unix.TpacketAuxdata
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&aux)), unsafe.Sizeof(aux)), m.Data)
		if aux.Status&unix.TP_STATUS_VLAN_VALID == 0 {
			continue
		}
		tag := []byte{byte(aux.Vlan_tpid >> 8), byte(aux.Vlan_tpid), byte(aux.Vlan_tci >> 8), byte(aux.Vlan_tci)}
		frame = slices.Insert(frame, offload.VnetHdrLen+EthernetLen-2, tag...)
		var hdr offload.VnetHdr
		if err := hdr.Decode(frame); err != nil {
			return nil, err
		}
		if hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 {
			hdr.CsumStart += VLANTagLen
		}
		if err := hdr.Encode(frame); err != nil {
			return nil, err
		}
	}
	return frame, nil
}
