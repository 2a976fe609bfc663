package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/program"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// programArgument makes this test binary a program of others that forwards, but for how it misbehaves.
const programArgument = "be-program"

// behaves is one that does not misbehave.
const behaves = "behaves"

// beProgram is such a program; it never returns.
func beProgram(how string) {
	switch how {
	case "exits at once":
		fmt.Fprintln(os.Stderr, "no licence found")
		os.Exit(7)
	case "exits at once without a word":
		os.Exit(0)
	case "never becomes ready":
		fmt.Println("still loading")
		select {}
	case "forks and leaves":
		again(behaves)
		os.Exit(0)
	case "leaves children":
		again("waits")
	case "leaves a deaf daemon":
		again("deaf daemon")
		os.Exit(0)
	case "deaf daemon":
		how = "ignores SIGTERM"
		signal.Ignore(unix.SIGTERM)
		for strconv.Itoa(os.Getppid()) == os.Getenv("PARENT") { // until then it is no daemon
			time.Sleep(time.Millisecond)
		}
	case "waits":
		signal.Ignore(unix.SIGTERM)
		select {}
	case "is first where memory runs short":
		// What the kernel does then: it kills the process that it is told to.
		for {
			if text, _ := os.ReadFile("/proc/self/oom_score_adj"); string(text) == "1000\n" {
				fmt.Println("oom_score_adj 1000")
				_ = unix.Kill(os.Getpid(), unix.SIGKILL)
			}
			time.Sleep(time.Millisecond)
		}
	case "prints escapes":
		fmt.Println("\x1b]0;owned\x07\x1b[31mred\x1b[0m")
		os.Exit(1)
	case "fills its output":
		go func() {
			for line := bytes.Repeat([]byte("x"), 4096); ; {
				if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
					return
				}
			}
		}()
	case "ignores SIGTERM":
		signal.Ignore(unix.SIGTERM)
	}
	if err := forwardAs(how); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// again starts this program once more, in a session of its own.
func again(how string) {
	cmd := exec.Command(os.Args[0], programArgument, how)
	cmd.Env = append(os.Environ(), "PARENT="+strconv.Itoa(os.Getpid()))
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
}

// forwardAs forwards between the devices that the environment names, as a simple program does: a packet a call, no vnet header.
func forwardAs(how string) error {
	var devices [2]*tun.Device
	for i, name := range []string{"A", "B"} {
		var err error
		devices[i], err = tun.Open(tun.Config{
			NetNS: os.Getenv("TUNBENCH_" + name + "_NETNS"), Name: os.Getenv("TUNBENCH_" + name + "_DEVICE"), Kind: tun.TUN, Queues: 1, MustExist: how != "creates",
		})
		if err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if how != "ignores SIGTERM" {
		ctx, stop = signal.NotifyContext(ctx, unix.SIGTERM)
		defer stop()
	}
	a, b := devices[0], devices[1]
	if how == "writes to the wrong side" {
		return sendBack(ctx, a.Queues()[0])
	}
	if how == "leaves its devices and lives on" {
		return leaveAfter(ctx, 110, a, b)
	}
	if how == "deletes its device" {
		if err := deleteDevice(); err != nil {
			return err
		}
	}
	if path := os.Getenv("READY"); path != "" {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
	}
	fmt.Println("forwarding")
	f, err := forwarder.New(forwarder.Config{A: a.Queues(), B: b.Queues()})
	if err != nil {
		return err
	}
	return f.Run(ctx)
}

// sendBack writes what comes from a device to the same one.
func sendBack(ctx context.Context, q *tun.Queue) error {
	buf := make([]byte, 2000)
	for ctx.Err() == nil {
		n, errno := q.Readv([]unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}})
		if errno != 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		_, _ = q.Writev([]unix.Iovec{{Base: &buf[0], Len: uint64(n)}}) // what is refused is lost
	}
	return nil
}

// leaveAfter forwards so many packets, closes both devices, and waits to be ended.
func leaveAfter(ctx context.Context, packets int, a, b *tun.Device) error {
	from, to := a.Queues()[0], b.Queues()[0]
	buf := make([]byte, 2000)
	for packets > 0 && ctx.Err() == nil {
		n, errno := from.Readv([]unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}})
		if errno != 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		_, _ = to.Writev([]unix.Iovec{{Base: &buf[0], Len: uint64(n)}}) // what is refused is lost
		packets--
	}
	fmt.Println("closing the devices for maintenance")
	err := errors.Join(a.Close(), b.Close())
	<-ctx.Done()
	return err
}

func deleteDevice() error {
	link := exec.Command("ip", "link", "del", os.Getenv("TUNBENCH_A_DEVICE"))
	return tun.InNamespace(os.Getenv("TUNBENCH_A_NETNS"), link.Run)
}

// programFile is the file of such a program.
func programFile(t *testing.T, how, more string) *program.File {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("name: mine\ncommand: [%s, %s, %q]\nmultiqueue: true\n%s", own, programArgument, how, more)
	return patient(declareFile(t, "mine.yaml", text))
}

// patient gives a program more time than it has by itself, unless the file says how much.
func patient(file *program.File) *program.File {
	if file.Ready.Within == program.DefaultReadyWithin {
		file.Ready.Within = 5 * time.Minute
	}
	if file.Stop.Within == program.DefaultStopWithin {
		file.Stop.Within = time.Minute
	}
	return file
}

// nothingOf fails the test if processes of such a program, or its folders, are left when it ends.
func nothingOf(t *testing.T) {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	before := hostScene(t)
	t.Cleanup(func() {
		if diff := cmp.Diff(before, hostScene(t)); diff != "" {
			t.Errorf("namespaces and links of the host (-before +after):\n%s", diff)
		}
		if left := programs(t); len(left) > 0 {
			t.Errorf("processes left behind: %v", left)
		}
		entries, err := os.ReadDir(temp)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			t.Errorf("left behind: %s", entry.Name())
		}
	})
}

// hostScene is the links of the host's own namespace, and the namespaces of this process.
func hostScene(t *testing.T) (names []string) {
	t.Helper()
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		switch l.Attrs().Name {
		case "tunl0", "gre0", "gretap0", "erspan0": // modules ipip and ip_gre put them into every namespace
			continue
		}
		names = append(names, "link "+l.Attrs().Name)
	}
	spaces, err := filepath.Glob(fmt.Sprintf("/run/netns/tb-%d-*", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	return append(names, spaces...)
}

// programs are the processes that this test binary is as a program of others.
func programs(t *testing.T) (pids []int) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		words, _ := os.ReadFile(path) // it may have ended
		ours := bytes.Contains(words, []byte("\x00"+programArgument+"\x00")) || bytes.Contains(words, []byte("\x00"+tunnelArgument+"\x00"))
		if ours && bytes.HasPrefix(words, []byte(os.Args[0])) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// briefly is a load whose packets the queue of a device holds, in a time in which the program gets a CPU on any machine.
const briefly = "dut=mine load=400 duration=1s warmup=50ms"

// leisurely is as many packets in a time in which it gets a CPU more than once.
const leisurely = "dut=mine load=80 duration=5s warmup=50ms"

// TestProgram measures a program that behaves, however it says that it is ready.
func TestProgram(t *testing.T) {
	requireRoot(t)
	for name, test := range map[string]struct{ how, more, words string }{
		"by its carrier":      {behaves, "", ""},
		"by what it prints":   {behaves, "ready: {output: forwarding}", ""},
		"by a file":           {behaves, "environment: {READY: '{dir}/ready'}\nready: {file: ready}", "ip=6"},
		"creates its devices": {"creates", "devices: create", ""},
		"forks and leaves":    {"forks and leaves", "", ""},
		"prints for ever":     {"fills its output", "", ""},
		"leaves children":     {"leaves children", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			nothingOf(t)
			file := programFile(t, test.how, test.more)
			trial, err := Trial(t.Context(), parse(t, briefly+" "+test.words), Options{Programs: []*program.File{file}})
			if err != nil || trial.Failed() {
				t.Fatal(err, trial.Error)
			}
			if sent, arrived := trial.Ledger.Packets(results.PlaceIntended), trial.Ledger.Packets(results.PlaceSink); sent == 0 || arrived == 0 {
				t.Errorf("of %d packets %d arrived: %v", sent, arrived, trial.Ledger)
			}
			if lost := trial.Ledger.Packets(results.PlaceUnaccounted); lost != 0 {
				t.Errorf("%d packets unaccounted for: %v", lost, trial.Ledger)
			}
			about := trial.DUT.External
			if about == nil || about.File != file.Text || len(about.SHA256) != 64 || about.Together == "" {
				t.Errorf("the record says %+v", about)
			}
			if cost := trial.CPU.DUTNsPerPacket; cost == nil || *cost <= 0 {
				t.Error("no CPU time of it")
			}
			if len(about.Output) > 64<<10 {
				t.Errorf("%d bytes of output in the record", len(about.Output))
			}
		})
	}
}

// TestBadPrograms: the trial fails with the program's last words, and nothing of it is left; a healthy one behind it is measured.
func TestBadPrograms(t *testing.T) {
	requireRoot(t)
	for how, want := range map[string]struct {
		more string
		says []string
	}{
		"exits at once":                    {"", []string{"mine ended: exit status 7", "no licence found"}},
		"exits at once without a word":     {"", []string{"mine ended: exit status 0"}},
		"never becomes ready":              {"ready: {within: 300ms}", []string{"mine is not ready after 300ms", "not both devices have a carrier"}},
		behaves:                            {"ready: {output: done, within: 300ms}", []string{"mine is not ready after 300ms", `it has not printed "done"`}},
		"ignores SIGTERM":                  {"stop: {within: 300ms}", []string{"did not end within 300ms of SIGTERM and was killed"}},
		"leaves a deaf daemon":             {"stop: {within: 300ms}", []string{"did not end within 300ms of SIGTERM and was killed"}},
		"is first where memory runs short": {"ready: {within: 5m}", []string{"mine ended: signal: killed", "oom_score_adj 1000"}},
		"prints escapes":                   {"", []string{`\x1b[31mred`}},
		"deletes its device":               {"", []string{"mine ended: exit status 1", "the device is gone"}},
		"leaves its devices and lives on":  {"", []string{"mine left its device", "nobody has a queue of tb0", "closing the devices for maintenance"}},
	} {
		t.Run(how, func(t *testing.T) {
			nothingOf(t)
			file := programFile(t, how, want.more)
			words := briefly
			if how == "leaves its devices and lives on" {
				words = leisurely // it does so amid the load
			}
			trial, err := Trial(t.Context(), parse(t, words), Options{Programs: []*program.File{file}})
			if err != nil || !trial.Failed() {
				t.Fatalf("%v, %q: want a trial that failed", err, trial.Error)
			}
			for _, words := range want.says {
				if !strings.Contains(trial.Error, words) {
					t.Errorf("%q does not say %q", trial.Error, words)
				}
			}
			if strings.ContainsRune(trial.Error, '\x1b') {
				t.Errorf("%q has terminal escapes", trial.Error)
			}
			healthy := programFile(t, behaves, "")
			if next, err := Trial(t.Context(), parse(t, briefly), Options{Programs: []*program.File{healthy}}); err != nil || next.Failed() {
				t.Errorf("the next trial: %v, %s", err, next.Error)
			}
		})
	}
}

// untilItHasPrinted wants the error of a program that never becomes ready to say what it printed. A busy machine may not
// have started it by then: it is given more time until it was.
func untilItHasPrinted(t *testing.T, trial func(within time.Duration) (failed string)) {
	t.Helper()
	for within := 300 * time.Millisecond; ; within *= 4 {
		failed := trial(within)
		if strings.Contains(failed, "still loading") {
			return
		}
		if within > time.Minute {
			t.Fatalf("%q does not say what it printed", failed)
		}
	}
}

// TestNeverReadySaysWhatItPrinted: what a program has printed by then is in the error.
func TestNeverReadySaysWhatItPrinted(t *testing.T) {
	requireRoot(t)
	untilItHasPrinted(t, func(within time.Duration) string {
		file := programFile(t, "never becomes ready", fmt.Sprintf("ready: {within: %v}", within))
		trial, err := Trial(t.Context(), parse(t, briefly), Options{Programs: []*program.File{file}})
		if err != nil || !trial.Failed() {
			t.Fatalf("%v, %q: want a trial that failed", err, trial.Error)
		}
		return trial.Error
	})
}

// TestProgramThatForwardsNothing: what went in and never came out has a place of its own, and so has what came out where nobody sent it.
func TestProgramThatForwardsNothing(t *testing.T) {
	requireRoot(t)
	nothingOf(t)
	file := programFile(t, "writes to the wrong side", "")
	trial, err := Trial(t.Context(), parse(t, briefly), Options{Programs: []*program.File{file}})
	if err != nil {
		t.Fatal(err)
	}
	if lost, arrived := trial.Ledger.Packets(results.PlaceProgram), trial.Ledger.Packets(results.PlaceSink); lost == 0 || arrived != 0 {
		t.Errorf("%d lost in the program, %d arrived: %s %v", lost, arrived, trial.Error, trial.Ledger)
	}
}
