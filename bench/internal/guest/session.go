package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// spokenModules are what a guest needs that is an end of somebody's scene.
var spokenModules = []string{"virtio_pci", "virtio_rng", "virtio_net", "af_packet", "ipv6", "sch_ingress", "cls_bpf", "tcp_bbr"}

// Session is a guest that runs one command of this program, to which somebody speaks: Write is the command's standard input, Read its
// standard output. Read and Write are for one goroutine each; all else is for any.
type Session struct {
	Release  string // of the kernel, as it says itself
	Emulated bool
	Took     time.Duration // until the kernel had come so far as to say its release
	Process  int           // ID of QEMU

	output  *io.PipeReader
	input   io.Writer
	stop    context.CancelFunc
	closing atomic.Bool
	ended   chan struct{}
	err     error // why it ended; set before ended is closed
	close   func() error
}

// Start boots a kernel, runs this program in it with words, and returns when the kernel has said its release. ctx bounds the boot
// only. A guest that comes to no release in Launcher.Timeout, or ends before, is a *BootError. The machine belongs to this guest until Close.
func (l *Launcher) Start(ctx context.Context, k Kernel, words []string) (_ *Session, err error) {
	if err := FindQEMU(); err != nil {
		return nil, err
	}
	release, err := lock(ctx, l.Lock, l.Waiting)
	if err != nil {
		return nil, err
	}
	clean := []func() error{release}
	tidy := func() error {
		var errs []error
		for i := len(clean) - 1; i >= 0; i-- {
			errs = append(errs, clean[i]())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tidy())
		}
	}()
	dir, err := l.folder()
	if err != nil {
		return nil, fmt.Errorf("make folder for a guest: %w", err)
	}
	clean = append(clean, func() error { return os.RemoveAll(dir) })
	if err := l.packInitramfs(k, spokenModules, orders{Commands: [][]string{words}, Spoken: true}, dir); err != nil {
		return nil, err
	}
	if err := l.settleAccel(ctx, k, dir); err != nil {
		return nil, err
	}
	s := &Session{Emulated: l.Accel == Emulated, ended: make(chan struct{})}
	s.close = sync.OnceValue(func() error {
		s.closing.Store(true)
		s.stop()
		<-s.ended
		return tidy()
	})
	start := time.Now()
	hello, err := l.begin(s, k, dir)
	if err != nil {
		return nil, err
	}
	select {
	case s.Release = <-hello:
		s.Took = time.Since(start)
		return s, nil
	case <-s.ended:
		err = s.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-time.After(l.Timeout):
		err = &BootError{fmt.Sprintf("the guest's kernel did not start this program within %s", l.Timeout), console(dir)}
	}
	s.closing.Store(true)
	_ = s.output.CloseWithError(os.ErrClosed) // nobody will read what the command has printed
	s.stop()
	<-s.ended
	return nil, err
}

// begin starts QEMU and what reads its frames. The release comes on hello.
func (l *Launcher) begin(s *Session, k Kernel, dir string) (hello <-chan string, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	cmd, said := l.qemu(ctx, k, dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start QEMU: %w", err)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start QEMU: %w", err)
	}
	frames := &frameWriter{w: stdin}
	s.input = frames.stream(frame{Kind: frameIn})
	r, w := io.Pipe()
	s.output = r
	started, greeting := make(chan error), make(chan string, 1)
	go func() {
		runtime.LockOSThread() // see Launcher.run
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		end := s.take(newFrameReader(stdout), w, greeting)
		_ = cmd.Process.Kill() // it has nothing that needs an orderly end
		waitErr := cmd.Wait()
		s.err = s.why(end, waitErr, lastLines(said.String(), 3), dir)
		_ = w.CloseWithError(s.err)
		close(s.ended)
	}()
	if err := <-started; err != nil {
		cancel()
		return nil, fmt.Errorf("start QEMU: %w", err)
	}
	s.Process = cmd.Process.Pid
	return greeting, nil
}

// take hands on what the command prints until the guest ends, and returns what it said then.
func (s *Session) take(frames *frameReader, output io.Writer, hello chan<- string) (end string) {
	var complaint []byte
	for {
		message, err := frames.read()
		switch {
		case err == io.EOF:
			return lastLines(string(complaint), 3)
		case err != nil:
			return err.Error()
		case frames.lost > 0:
			return fmt.Sprintf("messages of the guest were lost: %d", frames.lost)
		}
		switch message.Kind {
		case frameHello:
			hello <- message.Text
		case frameOut:
			_, _ = output.Write(message.Data) // nobody reads any more when it is being closed
		case frameErr:
			complaint = append(complaint, message.Data...)
			complaint = complaint[max(0, len(complaint)-frameData):]
		case frameExit, frameBye:
			return fmt.Sprintf("its command ended with code %d: %s", message.Code, lastLines(string(complaint), 3))
		}
	}
}

// why says why the guest ended.
func (s *Session) why(end string, waitErr error, said, dir string) error {
	if s.closing.Load() {
		return os.ErrClosed
	}
	what := "the guest ended"
	for _, more := range []string{end, said} {
		if more != "" {
			what += ": " + more
		}
	}
	if exit := (*exec.ExitError)(nil); errors.As(waitErr, &exit) && said == "" && end == "" {
		what += ": QEMU: " + waitErr.Error()
	}
	return &BootError{what, console(dir)}
}

// Read reads what the command printed. When the guest has ended it returns why.
func (s *Session) Read(p []byte) (int, error) {
	n, err := s.output.Read(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = os.ErrClosed
	}
	return n, err
}

// Write speaks to the command.
func (s *Session) Write(p []byte) (int, error) { return s.input.Write(p) }

// Ended is closed when the guest has ended, by itself or by Close; Err then says why.
func (s *Session) Ended() <-chan struct{} { return s.ended }

// Err returns why the guest ended, a *BootError; nil while it runs. After Close it is os.ErrClosed.
func (s *Session) Err() error {
	select {
	case <-s.ended:
		return s.err
	default:
		return nil
	}
}

// Close ends the guest and leaves nothing of it. It is idempotent.
func (s *Session) Close() error {
	_ = s.output.CloseWithError(os.ErrClosed) // what reads frames must not wait for a reader
	return s.close()
}

// FindAccel returns how guests run here, KVM or Emulated, by trying to start one where there is /dev/kvm.
func (l *Launcher) FindAccel(ctx context.Context, k Kernel) (_ Accel, err error) {
	if err := FindQEMU(); err != nil {
		return "", err
	}
	release, err := lock(ctx, l.Lock, l.Waiting)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release()) }()
	dir, err := l.folder()
	if err != nil {
		return "", fmt.Errorf("make folder for a guest: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := l.packInitramfs(k, nil, orders{}, dir); err != nil {
		return "", err
	}
	err = l.settleAccel(ctx, k, dir)
	return l.Accel, err
}
