package xdp

import (
	"errors"
	"fmt"
	"sort"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/traffic/wire"
)

// TooLongError says that a packet does not fit into a live frame, which is a page
// less what the kernel keeps in it. The socket generator makes longer ones.
type TooLongError struct {
	Size    int   // asked for, bytes of the IP packet
	Largest int   // what fits here
	Err     error // what the kernel answered
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("packets of %d bytes are too long for the in-kernel generator (up to %d bytes here; the socket generator makes longer ones): %v",
		e.Size, e.Largest, e.Err)
}

// Unwrap returns what the kernel answered.
func (e *TooLongError) Unwrap() error { return e.Err }

// testRunAttr is struct { … } test of union bpf_attr in linux/bpf.h.
type testRunAttr struct {
	progFD                  uint32
	retval                  uint32
	dataSizeIn, dataSizeOut uint32
	dataIn                  unsafe.Pointer
	dataOut                 uint64
	repeat                  uint32
	duration                uint32
	ctxSizeIn, ctxSizeOut   uint32
	ctxIn, ctxOut           uint64
	flags                   uint32
	cpu                     uint32
	batchSize               uint32
	_                       uint32
}

// runFrames lets the kernel make live frames, give them to the program, and do
// what it says, up to repeat times, batch of them together. It returns EINTR when
// a signal comes. Program.Run of the library would start again then, and knows no
// batch size.
func (x *Generator) runFrames(batch, repeat uint32) error {
	return runFrames(x.collection.Programs[generatorProgGenerate], x.frame, batch, repeat)
}

func runFrames(program *ebpf.Program, frame []byte, batch, repeat uint32) error {
	attr := testRunAttr{
		progFD:     uint32(program.FD()),
		dataSizeIn: uint32(len(frame)),
		dataIn:     unsafe.Pointer(&frame[0]),
		repeat:     repeat,
		flags:      unix.BPF_F_TEST_XDP_LIVE_FRAMES,
		batchSize:  batch,
	}
	// Syscall, not RawSyscall: the scheduler must know that this takes long.
	_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_TEST_RUN, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		return errno
	}
	return nil
}

// try makes frames as Run does and drops them.
func (x *Generator) try() error {
	if err := x.arm(generatorTask{}); err != nil {
		return err
	}
	return x.onThread(func() error {
		err := x.runFrames(1, 1)
		if !errors.Is(err, unix.EINVAL) {
			return explainXDP(err)
		}
		// Either the frame is too long or there is no such mode.
		program := x.collection.Programs[generatorProgGenerate]
		fits := func(n int) bool { return runFrames(program, x.frame[:n], 1, 1) == nil }
		if !fits(wire.EthernetLen + wire.MinSizeIPv4) {
			return noLiveFrames(err)
		}
		tooLong := sort.Search(len(x.frame), func(n int) bool { return n > wire.EthernetLen && !fits(n) })
		return &TooLongError{Size: len(x.frame) - wire.EthernetLen, Largest: tooLong - 1 - wire.EthernetLen, Err: err}
	})
}

// explainXDP turns what the kernel answers when it cannot do this into an
// host.UnsupportedError and leaves other errors as they are: a program that the verifier
// refuses is our mistake.
func explainXDP(err error) error {
	switch {
	case errors.As(err, new(*host.UnsupportedError)):
		return err
	case errors.Is(err, unix.EPERM):
		return &host.UnsupportedError{Feature: "the in-kernel generator", Remedy: "run as root or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON", Err: err}
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.ENOSYS):
		return noLiveFrames(err)
	}
	return err
}

// What the in-kernel generator needs, and what has it.
const (
	liveFrames       = "BPF_PROG_RUN with live XDP frames"
	liveFramesRemedy = "needs Linux 5.18 with CONFIG_BPF_SYSCALL and BTF"
)

func noLiveFrames(err error) error {
	return &host.UnsupportedError{Feature: liveFrames, Remedy: liveFramesRemedy, Err: err}
}
