package wgtun

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// What events say, in both packages (EventUp, EventDown, EventMTUUpdate).
const (
	eventUp = 1 << iota
	eventDown
	eventMTU
)

// link owns a netlink socket in the network namespace of the device: messages on it say that
// something happened to a link, and it answers what is so now. When the device is
// moved into another namespace, link follows it.
type link struct {
	queue *tun.Queue // any one of the device

	mu     sync.Mutex
	file   *os.File // the socket
	closed bool

	closing chan struct{}
	watches sync.WaitGroup
}

// state is what events are about.
type state struct {
	up  bool
	mtu int
}

// newLink makes the socket in the namespace of the device, which is at the path netns.
func newLink(netns string, queue *tun.Queue) (*link, error) {
	l := &link{queue: queue, closing: make(chan struct{})}
	var err error
	l.file, err = linkSocket(netns)
	return l, err
}

func linkSocket(netns string) (file *os.File, err error) {
	err = tun.InNamespace(netns, func() error {
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("watch the device: %w", os.NewSyscallError("socket", err))
		}
		if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}); err != nil {
			return errors.Join(fmt.Errorf("watch the device: %w", os.NewSyscallError("bind", err)), unix.Close(fd))
		}
		file = os.NewFile(uintptr(fd), "rtnetlink")
		return nil
	})
	return file, err
}

// nameNow is name until close: then the number of the queue's descriptor may be another file's.
func (l *link) nameNow() (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return "", fmt.Errorf("get device name: %w", os.ErrClosed)
	}
	return l.name()
}

// name returns the present name of the device.
func (l *link) name() (string, error) {
	var ifr unix.Ifreq
	if err := unix.IoctlIfreq(l.queue.FD(), unix.TUNGETIFF, &ifr); err != nil {
		return "", gone("get device name", err)
	}
	return ifr.Name(), nil
}

// gone makes os.ErrClosed of what is said of a device that is no more.
func gone(verb string, err error) error {
	if errors.Is(err, unix.EBADFD) || errors.Is(err, unix.EBADF) {
		err = os.ErrClosed
	}
	return fmt.Errorf("%s: %w", verb, err)
}

// lookTries is how often the device is looked for while it is renamed or moved.
const lookTries = 10

// look returns the state of the device.
func (l *link) look() (s state, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range lookTries {
		if l.closed {
			return s, os.ErrClosed
		}
		var name string
		if name, err = l.name(); err != nil {
			return s, err
		}
		if s, err = l.lookFor(name); !errors.Is(err, unix.ENODEV) {
			return s, err
		}
		if err = l.follow(); err != nil {
			return s, err
		}
	}
	return s, err
}

// lookFor asks for a name, which goes by the namespace of the socket.
func (l *link) lookFor(name string) (s state, err error) {
	conn, err := l.file.SyscallConn()
	if err != nil {
		return s, err
	}
	ask := func(request uint, take func(*unix.Ifreq)) error {
		ifr, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		failed := conn.Control(func(fd uintptr) { err = unix.IoctlIfreq(int(fd), request, ifr) })
		if err := errors.Join(failed, err); err != nil {
			return fmt.Errorf("look at device %s: %w", name, err)
		}
		take(ifr)
		return nil
	}
	const running = unix.IFF_UP | unix.IFF_RUNNING
	err = errors.Join(
		ask(unix.SIOCGIFFLAGS, func(ifr *unix.Ifreq) { s.up = ifr.Uint16()&running == running }),
		ask(unix.SIOCGIFMTU, func(ifr *unix.Ifreq) { s.mtu = int(ifr.Uint32()) }),
	)
	return s, err
}

// follow replaces the socket by one in the namespace that the device is in.
func (l *link) follow() error {
	ns, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.queue.FD()), unix.TUNGETDEVNETNS, 0)
	if errno != 0 {
		return gone("find the namespace of the device", errno)
	}
	defer unix.Close(int(ns))
	file, err := linkSocket(fmt.Sprintf("/proc/self/fd/%d", ns))
	if err != nil {
		return err
	}
	old := l.file
	l.file = file
	return old.Close() // who waits there looks again
}

// watch returns events of either package about the device, first about how it is at the
// beginning. The channel is closed when link is, or when the device is gone.
func watch[event ~int](l *link) <-chan event {
	events := make(chan event, 5)
	l.watches.Go(func() {
		defer close(events)
		l.follows(func(what int) {
			select {
			case events <- event(what):
			case <-l.closing:
			}
		})
	})
	return events
}

// follows tells of changes until close.
func (l *link) follows(tell func(event int)) {
	var last state
	message := make([]byte, 64<<10)
	for {
		l.mu.Lock()
		file := l.file
		l.mu.Unlock()
		// Looked at after the socket was chosen: a change from now on is a message there.
		now, err := l.look()
		if err != nil {
			return
		}
		if now.mtu != last.mtu {
			tell(eventMTU)
		}
		switch {
		case now.up && !last.up:
			tell(eventUp)
		case last.up && !now.up:
			tell(eventDown)
		}
		last = now
		if waitFor(file, message) != nil && l.isClosed() {
			return
		}
	}
}

// waitFor returns when there was a message, or one was lost. It fails when the file is closed.
func waitFor(file *os.File, message []byte) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Read(func(fd uintptr) bool {
		_, _, err := unix.Recvfrom(int(fd), message, 0)
		return !errors.Is(err, syscall.EAGAIN)
	})
}

func (l *link) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// close ends watch. It must be called before the queue is closed.
func (l *link) close() error {
	l.mu.Lock()
	l.closed = true
	err := l.file.Close()
	l.mu.Unlock()
	close(l.closing)
	l.watches.Wait()
	return err
}
