package ringbuf

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestLayoutIsTheKernels(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want int
	}{{"sqe", sqeSize, 64}, {"cqe", cqeSize, 16}, {"params", int(unsafe.Sizeof(params{})), 120}} {
		if c.got != c.want {
			t.Errorf("struct %s has %d bytes, want %d", c.what, c.got, c.want)
		}
	}
}

// wires is a ring over both ends of a socket pair that keeps packet boundaries, and
// memory for packets.
type wires struct {
	*URing
	mem []byte
}

func newWires(t testing.TB, entries int) wires {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	mem, err := unix.Mmap(-1, 0, 1<<16, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(mem) })
	r, err := NewURing(URingConfig{Entries: entries, Files: fds[:], Buffers: [][]byte{mem}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if err := r.Enable(); err != nil {
		t.Fatal(err)
	}
	return wires{r, mem}
}

// completion is what Next returned.
type completion struct {
	userData uint64
	result   int
}

func (w wires) submit(t testing.TB) (done []completion) {
	t.Helper()
	if err := w.Submit(); err != nil {
		t.Fatal(err)
	}
	for {
		userData, result, ok := w.Next()
		if !ok {
			break
		}
		done = append(done, completion{userData, result})
	}
	w.Done()
	return done
}

// TestOperationsCompleteInOrder goes several times round both queues.
func TestOperationsCompleteInOrder(t *testing.T) {
	w := newWires(t, 8)
	in, fixed, out := w.mem[:64], w.mem[64:128], w.mem[128:192]
	iovs := []unix.Iovec{{Base: &out[0], Len: 5}, {Base: &out[5], Len: 6}}
	for round := range 50 {
		text := fmt.Appendf(nil, "hello %05d", round)
		copy(out, text)
		w.Read(1, &in[0], len(in), unix.RWF_NOWAIT, 1)
		w.Writev(0, iovs, 0, 2)
		w.Writev(0, iovs[:1], 0, 3)
		w.Readv(1, []unix.Iovec{{Base: &in[0], Len: 4}, {Base: &in[4], Len: 60}}, unix.RWF_NOWAIT, 4)
		w.ReadFixed(1, &fixed[0], len(fixed), 0, unix.RWF_NOWAIT, 5)
		want := []completion{{1, -int(unix.EAGAIN)}, {2, 11}, {3, 5}, {4, 11}, {5, 5}}
		if got := w.submit(t); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("round %d: %v, want %v", round, got, want)
		}
		if !bytes.Equal(in[:11], text) || !bytes.Equal(fixed[:5], text[:5]) {
			t.Fatalf("round %d: read %q and %q, want %q and its first 5 bytes", round, in[:11], fixed[:5], text)
		}
		if w.Room() != 8 || w.Pending() != 0 {
			t.Fatalf("round %d: room %d, pending %d", round, w.Room(), w.Pending())
		}
	}
}

// TestSubmitWaits: an operation that cannot be done at once is waited for.
func TestSubmitWaits(t *testing.T) {
	w := newWires(t, 4)
	copy(w.mem, "late")
	// The read has no RWF_NOWAIT; the write that ends its wait stands behind it.
	w.Read(1, &w.mem[100], 10, 0, 1)
	w.Writev(0, []unix.Iovec{{Base: &w.mem[0], Len: 4}}, 0, 2)
	got := w.submit(t)
	if len(got) != 2 || string(w.mem[100:104]) != "late" {
		t.Errorf("%v, read %q", got, w.mem[100:104])
	}
}

func TestNewURingRejects(t *testing.T) {
	for _, entries := range []int{-1, 0, MaxEntries + 1} {
		if r, err := NewURing(URingConfig{Entries: entries}); err == nil {
			r.Close()
			t.Errorf("%d entries: accepted", entries)
		}
	}
	before := openFiles(t)
	if r, err := NewURing(URingConfig{Entries: 8, Files: []int{-5}}); err == nil {
		r.Close()
		t.Error("a file that is not open: accepted")
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d files open after a failure, %d before", after, before)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestSetupsOfOlderKernels: every set of flags gives a ring that works, also behind an operation
// that is refused. The last is one that Linux 5.10 takes.
func TestSetupsOfOlderKernels(t *testing.T) {
	const known510 = 1<<7 - 1 // IORING_SETUP_R_DISABLED and all before it
	if last := setups[len(setups)-1]; last&^known510 != 0 {
		t.Errorf("flags %#x are the least, of which Linux 5.10 does not know %#x", last, last&^known510)
	}
	for _, flags := range setups {
		fd, p, err := setupWith(2, flags)
		if err != nil {
			t.Fatalf("flags %#x: %v", flags, err)
		}
		r := &URing{fd: fd}
		if err := r.mmap(p); err != nil {
			t.Fatal(err)
		}
		if err := r.Enable(); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			*r.next() = sqe{opcode: 0xff, userData: 6} // no such operation
			*r.next() = sqe{opcode: 0, userData: 7}    // IORING_OP_NOP
			if err := r.Submit(); err != nil {
				t.Fatal(err)
			}
			for _, want := range []struct {
				userData uint64
				result   int
			}{{6, -int(unix.EINVAL)}, {7, 0}} {
				if userData, result, ok := r.Next(); userData != want.userData || result != want.result || !ok {
					t.Errorf("flags %#x: %d %d %t, want %+v", flags, userData, result, ok, want)
				}
			}
			r.Done()
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

const forbiddenEnv = "TUNBENCH_TEST_WITHOUT_IO_URING"

// TestForbidden: a process that may not use io_uring is told so.
func TestForbidden(t *testing.T) {
	if os.Getenv(forbiddenEnv) != "" {
		if err := forbidURing(); err != nil {
			t.Fatal(err)
		}
		if r, err := NewURing(URingConfig{Entries: 8}); !errors.Is(err, ErrUnsupported) {
			r.Close()
			t.Fatalf("NewURing = %v, want ErrUnsupported", err)
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestForbidden$", "-test.v")
	cmd.Env = append(os.Environ(), forbiddenEnv+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// forbidURing has a seccomp filter answer io_uring_setup with EPERM, for all threads.
func forbidURing() error {
	const (
		loadWord = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		ifEqual  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ret      = unix.BPF_RET | unix.BPF_K
	)
	filter := []unix.SockFilter{
		{Code: loadWord, K: 0}, // seccomp_data.nr
		{Code: ifEqual, Jf: 1, K: unix.SYS_IO_URING_SETUP},
		{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}

func BenchmarkNop(b *testing.B) {
	for _, batch := range []int{1, 64} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			w := newWires(b, 64)
			b.ReportAllocs()
			for n := 0; n < b.N; n += batch {
				for range batch {
					*w.next() = sqe{opcode: 0}
				}
				if err := w.Submit(); err != nil {
					b.Fatal(err)
				}
				for {
					if _, _, ok := w.Next(); !ok {
						break
					}
				}
				w.Done()
			}
		})
	}
}

// TestDisableGivesUpFiles: nothing but its owner keeps a file open.
func TestDisableGivesUpFiles(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	r, err := NewURing(URingConfig{Entries: 4, Files: pipe[1:]})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := errors.Join(r.Enable(), unix.Close(pipe[1])); err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	if _, err := unix.Read(pipe[0], b[:]); err != unix.EAGAIN {
		t.Fatalf("with the other end registered: %v, want EAGAIN", err)
	}
	if err := r.Disable(); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Read(pipe[0], b[:]); n != 0 || err != nil {
		t.Errorf("the other end is still open: read %d bytes, %v", n, err)
	}
}
