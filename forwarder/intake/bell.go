package intake

import (
	"errors"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// bell is how the program wakes a worker: a BPF ring buffer, whose words mean nothing. The
// first page of its memory has the place up to which they were read, the second that up to
// which they were written.
type bell struct {
	ringBuf       *ebpf.Map
	pages         [2][]byte
	read, written *uint64
}

func newBell(spec *ebpf.MapSpec) (b *bell, err error) {
	b = &bell{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
			b = nil
		}
	}()
	if b.ringBuf, err = ebpf.NewMap(spec); err != nil {
		return b, err
	}
	page := os.Getpagesize()
	for k, access := range []int{unix.PROT_READ | unix.PROT_WRITE, unix.PROT_READ} {
		if b.pages[k], err = unix.Mmap(b.ringBuf.FD(), int64(k*page), page, access, unix.MAP_SHARED); err != nil {
			return b, os.NewSyscallError("mmap", err)
		}
	}
	b.read, b.written = (*uint64)(unsafe.Pointer(&b.pages[0][0])), (*uint64)(unsafe.Pointer(&b.pages[1][0]))
	return b, nil
}

// hush makes room for more words.
func (b *bell) hush() { atomic.StoreUint64(b.read, atomic.LoadUint64(b.written)) }

func (b *bell) close() error {
	var errs []error
	for _, page := range b.pages {
		if page != nil {
			errs = append(errs, os.NewSyscallError("munmap", unix.Munmap(page)))
		}
	}
	if b.ringBuf != nil {
		errs = append(errs, b.ringBuf.Close())
	}
	return errors.Join(errs...)
}
