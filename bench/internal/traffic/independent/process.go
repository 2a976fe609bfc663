package independent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/traffic/thread"
)

// keptBytes is as much of what a program prints as is kept: more than the report of iperf3 on 128 streams.
const keptBytes = 4 << 20

// process is a program at one end. The kernel kills it when this process ends. Its methods may be called from any goroutine.
type process struct {
	name   string
	cmd    *exec.Cmd
	out    *output
	ended  chan struct{}
	failed error // why it ended, if not with status 0; set before ended is closed
}

// start starts a program inside a namespace, on one CPU, or on any if cpu is below zero. files become its descriptors from 3 on.
func start(enter thread.Enter, cpu int, files []*os.File, path string, args ...string) (*process, error) {
	p := &process{name: path[strings.LastIndexByte(path, '/')+1:], cmd: exec.Command(path, args...), out: &output{}, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.ExtraFiles = files
	// A session of its own: Ctrl-C at the terminal is for the harness to handle.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	var cpus []int
	if cpu >= 0 {
		cpus = []int{cpu}
	}
	// The thread that starts the process stays as long as it: at the thread's end the kernel sends Pdeathsig.
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := enter.Run(func() error {
			if err := host.OnCPUs(cpus, p.cmd.Start); err != nil {
				return err
			}
			started <- nil
			p.failed = p.cmd.Wait()
			close(p.ended)
			return nil
		})
		if err != nil {
			started <- err
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	return p, nil
}

// stop kills the process if it is alive, and waits until it is gone.
func (p *process) stop() {
	_ = p.cmd.Process.Kill() // it may be gone
	<-p.ended
}

// wait waits until the process has ended by itself. It is killed if it does not within a time, or if ctx is done before.
func (p *process) wait(ctx context.Context, within time.Duration) error {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.ended:
		if p.failed != nil {
			return p.withWords(fmt.Errorf("%s ended: %w", p.name, p.failed))
		}
		return nil
	case <-ctx.Done():
		p.stop()
		return context.Cause(ctx)
	case <-timer.C:
		p.stop()
		return p.withWords(fmt.Errorf("%s did not end within %v and was killed", p.name, within))
	}
}

// withWords adds the last lines of the process to an error.
func (p *process) withWords(err error) error {
	if words := lastLines(p.out.String()); words != "" {
		return fmt.Errorf("%w: %s", err, words)
	}
	return err
}

const (
	listenPatience = 30 * time.Second
	listenPause    = time.Millisecond
)

// awaitPort waits until the process, or another one in its namespace, has a socket at a port. network is tcp or udp.
func (p *process) awaitPort(ctx context.Context, network string, port uint16) error {
	for begun := time.Now(); ; time.Sleep(listenPause) {
		select {
		case <-p.ended:
			return p.withWords(fmt.Errorf("%s ended before it listened: %w", p.name, orNil(p.failed)))
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		listens, err := hasPort(p.cmd.Process.Pid, network, port)
		if err != nil || listens {
			return err
		}
		if time.Since(begun) > listenPatience {
			return p.withWords(fmt.Errorf("%s does not listen at port %d after %v", p.name, port, listenPatience))
		}
	}
}

var errStatus0 = errors.New("exit status 0")

func orNil(err error) error {
	if err == nil {
		return errStatus0
	}
	return err
}

// hasPort looks for a socket that waits for peers, in the namespace of a process (proc_pid_net(5): local_address is the second column, st the
// fourth; state 0A is a TCP socket that listens).
func hasPort(pid int, network string, port uint16) (bool, error) {
	wanted := fmt.Sprintf(":%04X", port)
	for _, table := range []string{network, network + "6"} {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/net/" + table)
		if err != nil {
			if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.EINVAL) { // no IPv6 here, or the process is gone
				continue
			}
			return false, fmt.Errorf("look for port %d: %w", port, err)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) > 3 && strings.HasSuffix(fields[1], wanted) && (network == "udp" || fields[3] == "0A") {
				return true, nil
			}
		}
	}
	return false, nil
}

// output keeps the end of what is written to it. It is for any goroutine.
type output struct {
	mu  sync.Mutex
	buf []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf = append(o.buf, p...)
	if cut := len(o.buf) - keptBytes; cut > 0 {
		o.buf = append(o.buf[:0], o.buf[cut:]...)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.buf)
}

// shownLines and shownBytes are as much of a program's last words as an error repeats.
const (
	shownLines = 5
	shownBytes = 1000
)

// lastLines is the end of a text, fit to be shown: what is no printable character, such as a terminal's colors, is escaped.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		quoted := strconv.QuoteToGraphic(strings.TrimSpace(line))
		lines[i] = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	}
	end := strings.Join(lines[max(len(lines)-shownLines, 0):], "\n")
	if cut := len(end) - shownBytes; cut > 0 {
		end = "…" + strings.ToValidUTF8(end[cut:], "")
	}
	return end
}
