package ringbuf

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxEntries is the largest submission queue that the kernel makes
// (IORING_MAX_ENTRIES in io_uring/io_uring.c).
const MaxEntries = 32768

// ErrUnsupported says that this kernel has no io_uring, or that this process may not
// use it, or not as much of it: kernel.io_uring_disabled, a seccomp profile that refuses one
// of its three system calls, a limit.
var ErrUnsupported = errors.New("io_uring is not available")

// URingConfig says what a URing is for.
type URingConfig struct {
	// Entries is how many operations one Submit takes: 1 to MaxEntries, rounded up
	// to a power of two.
	Entries int

	// Files are registered: an operation names a file by its place here. They stay
	// owned by the caller, and the ring keeps them open until it is closed.
	Files []int

	// Buffers are registered for ReadFixed, by their place here. The kernel pins
	// their pages; they must stay mapped until the ring is closed.
	Buffers [][]byte
}

// URing is a pair of io_uring queues in memory that kernel and process share. The
// process puts operations into the submission queue (Read, Writev and so on), hands
// them over with Submit, and takes what became of them out of the completion queue
// (Next).
//
// One thread uses it: the one that called Enable, which must be locked to its
// goroutine. Close may come from anywhere when that thread is done.
//
// Memory given to an operation must not move and must stay alive until its completion
// was taken: the kernel writes to it behind the garbage collector's back. Arena gives
// such memory.
//
// # Memory order
//
// Each queue has one writer and one reader; head and tail count up without bound and
// are masked to find a place. The writer of a queue fills entries, then moves the tail;
// the reader loads the tail, reads entries, then moves the head. That is sound if the
// store of an index is a release and its load by the other side an acquire: entries
// before the tail are then complete, and places behind the head are free. The atomics
// of Go are sequentially consistent, which is more than that, and on amd64 costs an
// XCHG for each store; there is one for each Submit and one for each Done, not one for
// each entry. The kernel's side does smp_store_release and smp_load_acquire on the same
// words (io_get_sqe and io_commit_cqring). What a side wrote itself it may read plainly.
type URing struct {
	fd    int
	rings []byte // submission and completion queue, one mapping
	array []byte // the submission queue entries

	sqHead *uint32 // the kernel's
	sqTail *uint32 // ours
	cqHead *uint32 // ours
	cqTail *uint32 // the kernel's

	sqes []sqe
	cqes []cqe

	sqMask, cqMask uint32
	tail           uint32 // of the submission queue, with what was not submitted yet
	submitted      uint32 // the tail that the kernel was told of
	head           uint32 // of the completion queue
	seen           uint32 // the last cqTail that was loaded
	pending        uint32 // operations submitted whose completion was not taken
}

// setups are the flags to try, best first. Each step drops what an older kernel lacks. Without
// setupSubmitAll an operation that is refused ends a call that hands over several: Submit
// goes on behind it with the next.
var setups = [...]uint32{
	setupRDisabled | setupSubmitAll | setupSingleIssuer | setupDeferTaskrun | setupCoopTaskrun | setupNoSQArray,
	setupRDisabled | setupSubmitAll | setupSingleIssuer | setupDeferTaskrun | setupCoopTaskrun,
	setupRDisabled | setupSubmitAll | setupCoopTaskrun,
	setupRDisabled | setupSubmitAll,
	setupRDisabled,
}

// NewURing makes a ring that takes operations once Enable was called. Where the kernel
// or its policy refuses io_uring as such the error wraps ErrUnsupported.
func NewURing(cfg URingConfig) (r *URing, err error) {
	if cfg.Entries < 1 || cfg.Entries > MaxEntries {
		return nil, fmt.Errorf("io_uring of %d entries: want 1 to %d", cfg.Entries, MaxEntries)
	}
	fd, p, err := setup(cfg.Entries)
	if err != nil {
		return nil, err
	}
	r = &URing{fd: fd}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
			r = nil
		}
	}()
	if err := r.mmap(p); err != nil {
		return r, err
	}
	if err := r.register(cfg); err != nil {
		return r, err
	}
	return r, r.tryEnter()
}

// setup makes the ring's fd with the best flags that the kernel takes.
func setup(entries int) (fd int, p params, err error) {
	for _, flags := range setups {
		fd, p, err = setupWith(entries, flags)
		if !errors.Is(err, unix.EINVAL) {
			break
		}
	}
	if err != nil {
		return -1, p, refused(err)
	}
	return fd, p, nil
}

// refused says that the kernel refuses to have a ring used, whatever the errno: a seccomp
// profile answers with any.
func refused(err error) error { return fmt.Errorf("%w: %w (%s)", ErrUnsupported, err, remedy(err)) }

// remedy is what helps against a refusal.
func remedy(err error) string {
	switch {
	case errors.Is(err, unix.ENOMEM):
		return "raise the limit of locked memory (ulimit -l)"
	case errors.Is(err, unix.EMFILE):
		return "raise the limit of open files (ulimit -n)"
	}
	return "it takes CONFIG_IO_URING, kernel.io_uring_disabled=0, and a seccomp profile that allows io_uring_setup, _enter and _register"
}

// tryEnter makes the system call that moves packets, which the ring must refuse as long as
// it is not enabled: better to learn now than in the middle of traffic that it cannot be
// made at all.
func (r *URing) tryEnter() error {
	for {
		switch _, errno := r.enter(0, 0); errno {
		case 0, unix.EBADFD:
			return nil
		case unix.EINTR:
		default:
			return refused(os.NewSyscallError("io_uring_enter", errno))
		}
	}
}

func setupWith(entries int, flags uint32) (fd int, p params, err error) {
	p.flags = flags
	n, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return -1, p, os.NewSyscallError("io_uring_setup", errno)
	}
	return int(n), p, nil
}

// mmap maps both queues.
func (r *URing) mmap(p params) (err error) {
	if p.features&featSingleMmap == 0 {
		return fmt.Errorf("%w: the kernel is older than 5.4", ErrUnsupported)
	}
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	length := max(int(p.sqOff.array)+4*int(p.sqEntries), int(p.cqOff.cqes)+cqeSize*int(p.cqEntries))
	if r.rings, err = unix.Mmap(r.fd, offSQRing, length, prot, flags); err != nil {
		return fmt.Errorf("map io_uring queues: %w", err)
	}
	if r.array, err = unix.Mmap(r.fd, offSQEs, sqeSize*int(p.sqEntries), prot, flags); err != nil {
		return fmt.Errorf("map io_uring submission entries: %w", err)
	}
	at := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[off])) }
	r.sqHead, r.sqTail = at(p.sqOff.head), at(p.sqOff.tail)
	r.cqHead, r.cqTail = at(p.cqOff.head), at(p.cqOff.tail)
	r.sqMask, r.cqMask = p.sqEntries-1, p.cqEntries-1
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&r.array[0])), p.sqEntries)
	r.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&r.rings[p.cqOff.cqes])), p.cqEntries)
	if p.flags&setupNoSQArray == 0 {
		// The indirection that newer kernels can do without: entry i is entry i.
		for i := range p.sqEntries {
			*at(p.sqOff.array + 4*i) = i
		}
	}
	return nil
}

func (r *URing) register(cfg URingConfig) error {
	if len(cfg.Files) > 0 {
		files := make([]int32, len(cfg.Files))
		for i, fd := range cfg.Files {
			files[i] = int32(fd)
		}
		if err := r.registerArray(registerFiles, unsafe.Pointer(&files[0]), len(files)); err != nil {
			return fmt.Errorf("register files: %w", err)
		}
	}
	if len(cfg.Buffers) > 0 {
		iovs := make([]unix.Iovec, len(cfg.Buffers))
		for i, b := range cfg.Buffers {
			iovs[i].Base = unsafe.SliceData(b)
			iovs[i].SetLen(len(b))
		}
		if err := r.registerArray(registerBuffers, unsafe.Pointer(&iovs[0]), len(iovs)); err != nil {
			return fmt.Errorf("register buffers: %w", err)
		}
	}
	return nil
}

func (r *URing) registerArray(command uintptr, array unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), command, uintptr(array), uintptr(n), 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.EBADF, unix.EFAULT: // what was to be registered is not right
		return os.NewSyscallError("io_uring_register", errno)
	}
	return refused(os.NewSyscallError("io_uring_register", errno))
}

// Enable makes the calling thread the one that uses the ring.
func (r *URing) Enable() error {
	if err := r.registerArray(registerEnableRings, nil, 0); err != nil {
		return fmt.Errorf("enable io_uring: %w", err)
	}
	return nil
}

// Room returns how many more operations fit before Submit.
func (r *URing) Room() int { return len(r.sqes) - int(r.tail-r.submitted) }

// Pending returns how many operations were submitted whose completion was not taken.
func (r *URing) Pending() int { return int(r.pending) }

// next returns the next free entry, all its fields stale. There must be Room.
func (r *URing) next() *sqe {
	e := &r.sqes[r.tail&r.sqMask]
	r.tail++
	return e
}

// Read puts in a read of up to length bytes to base. flags are RWF_*; with
// unix.RWF_NOWAIT a file that has nothing completes at once with EAGAIN.
func (r *URing) Read(file int, base *byte, length int, flags uint32, userData uint64) {
	*r.next() = sqe{
		opcode: opRead, flags: sqeFixedFile, fd: int32(file),
		addr: uint64(uintptr(unsafe.Pointer(base))), length: uint32(length), rwFlags: flags, userData: userData,
	}
}

// ReadFixed is Read into memory inside the registered buffer named.
func (r *URing) ReadFixed(file int, base *byte, length int, buffer uint16, flags uint32, userData uint64) {
	*r.next() = sqe{
		opcode: opReadFixed, flags: sqeFixedFile, fd: int32(file), bufIndex: buffer,
		addr: uint64(uintptr(unsafe.Pointer(base))), length: uint32(length), rwFlags: flags, userData: userData,
	}
}

// Readv is Read into several places. The vector is read when it is submitted.
func (r *URing) Readv(file int, iovs []unix.Iovec, flags uint32, userData uint64) {
	r.vector(opReadv, file, iovs, flags, userData)
}

// Writev puts in a write of the memory that iovs names, in that order. The vector is
// read when it is submitted.
func (r *URing) Writev(file int, iovs []unix.Iovec, flags uint32, userData uint64) {
	if len(iovs) == 1 { // importing a vector is work
		*r.next() = sqe{
			opcode: opWrite, flags: sqeFixedFile, fd: int32(file),
			addr: uint64(uintptr(unsafe.Pointer(iovs[0].Base))), length: uint32(iovs[0].Len), rwFlags: flags, userData: userData,
		}
		return
	}
	r.vector(opWritev, file, iovs, flags, userData)
}

func (r *URing) vector(op uint8, file int, iovs []unix.Iovec, flags uint32, userData uint64) {
	*r.next() = sqe{
		opcode: op, flags: sqeFixedFile, fd: int32(file),
		addr: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(iovs)))), length: uint32(len(iovs)), rwFlags: flags, userData: userData,
	}
}

// enterTries is how often Submit tries again while the kernel says that it lacks something
// for the moment.
const enterTries = 1000

// Submit hands all operations over and returns when each of them has completed. What
// does not have to wait is done inside the call, in the order in which it was put in.
//
// If it fails, operations before some place were handed over and the others were not. The
// completions of the former can be taken unless Pending says that some are missing; the latter
// are not done, and the ring is of no more use.
func (r *URing) Submit() error {
	atomic.StoreUint32(r.sqTail, r.tail)
	for tries := 0; r.tail != r.submitted; {
		n, errno := r.enter(r.tail-r.submitted, 0)
		switch errno {
		case 0:
			r.submitted += uint32(n)
			r.pending += uint32(n)
			continue
		case unix.EINTR:
			continue
		case unix.EAGAIN, unix.EBUSY, unix.ENOMEM: // momentary, by io_uring_enter(2)
			if tries++; tries < enterTries {
				runtime.Gosched()
				continue
			}
		}
		r.ready()
		return os.NewSyscallError("io_uring_enter", errno)
	}
	for r.ready() < int(r.pending) {
		// Rare: an operation that could not be done at once.
		if _, errno := r.wait(r.pending); errno != 0 && errno != unix.EINTR {
			return os.NewSyscallError("io_uring_enter", errno)
		}
	}
	return nil
}

// enter does not sleep, so the scheduler need not know of it.
func (r *URing) enter(submit, wait uint32) (uintptr, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(submit), uintptr(wait), enterGetEvents, 0, 0)
	return n, errno
}

func (r *URing) wait(n uint32) (uintptr, syscall.Errno) {
	got, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), 0, uintptr(n), enterGetEvents, 0, 0)
	return got, errno
}

// ready returns how many completions can be taken.
func (r *URing) ready() int {
	r.seen = atomic.LoadUint32(r.cqTail)
	return int(r.seen - r.head)
}

// Disable gives up the registered files, on the thread that uses the ring: from then on the
// ring keeps none of them open. After Close alone the kernel would, for some milliseconds.
func (r *URing) Disable() error {
	if err := r.registerArray(unregisterFiles, nil, 0); err != nil {
		return fmt.Errorf("unregister files: %w", err)
	}
	return nil
}

// Next takes the next completion: the number that the operation was given and what its
// system call would have returned, a negative errno if it failed. ok is false when
// there is none among those that Submit waited for.
func (r *URing) Next() (userData uint64, result int, ok bool) {
	if r.head == r.seen {
		return 0, 0, false
	}
	c := &r.cqes[r.head&r.cqMask]
	r.head++
	r.pending--
	return c.userData, int(c.res), true
}

// Done gives the places of the completions taken back to the kernel.
func (r *URing) Done() { atomic.StoreUint32(r.cqHead, r.head) }

// Close ends the ring. It may be called again.
func (r *URing) Close() error {
	var errs []error
	for _, m := range []*[]byte{&r.array, &r.rings} {
		if *m != nil {
			errs = append(errs, unix.Munmap(*m))
			*m = nil
		}
	}
	if r.fd >= 0 {
		errs = append(errs, os.NewSyscallError("close", unix.Close(r.fd)))
		r.fd = -1
	}
	return errors.Join(errs...)
}
