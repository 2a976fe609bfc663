package guest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeQEMU puts a shell script in QEMU's place, which has the name of the console's file as $console.
func fakeQEMU(t *testing.T, script string) *Launcher {
	t.Helper()
	bin, cache := t.TempDir(), t.TempDir()
	text := "#!/bin/sh\nfor a; do case $a in file,id=console,path=*) console=${a#file,id=console,path=};; esac; done\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(bin, qemuProgram), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	program := filepath.Join(bin, "program")
	if err := os.WriteFile(program, fakeModule(), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Launcher{Program: program, Machine: DefaultMachine, Accel: Emulated, Timeout: time.Minute, Lock: filepath.Join(cache, "lock")}
}

// nothingLeft checks that a boot left nothing but its lock.
func nothingLeft(t *testing.T, l *Launcher) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(l.Lock), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestBootBringsBackWhatTheGuestSent(t *testing.T) {
	frames := written(t, frame{Kind: frameHello, Text: "6.1"}, frame{Kind: frameNote, Text: "no bpf"}, frame{Kind: frameOut, Data: []byte("out")},
		frame{Kind: frameFile, Text: "a.jsonl", Data: []byte("rec")}, frame{Kind: frameFile, Text: "a.jsonl", Data: []byte("ord")},
		frame{Kind: frameExit, Code: 5}, frame{Kind: frameBye})
	l := fakeQEMU(t, "cat <<'END'\n"+frames+"END\nexec sleep 1000")
	dead := filepath.Join(filepath.Dir(l.Lock), "boot-1")
	if err := os.Mkdir(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	o, err := l.Boot(t.Context(), Kernel{}, [][]string{{"doctor"}})
	if err != nil {
		t.Fatal(err)
	}
	c := o.Commands[0]
	if o.Release != "6.1" || !o.Emulated || len(o.Notes) != 1 || string(c.Stdout) != "out" || string(c.Files["a.jsonl"]) != "record" || !c.Ended || c.Code != 5 {
		t.Errorf("%+v", o)
	}
	nothingLeft(t, l)
}

// untilItPrinted tries until the error says what the guest wrote, with more time after each: a busy machine may not have
// started it by then.
func untilItPrinted(l *Launcher, says []string, try func() error) error {
	for ; ; l.Timeout *= 4 {
		err := try()
		unsaid := func(word string) bool { return err != nil && !strings.Contains(err.Error(), word) }
		if l.Timeout >= time.Minute || !slices.ContainsFunc(says, unsaid) {
			return err
		}
	}
}

func TestBootThatFailsShowsTheConsole(t *testing.T) {
	hello := written(t, frame{Kind: frameHello, Text: "6.1"})
	torn := strings.Replace(written(t, frame{Kind: frameHello}, frame{Kind: frameOut}, frame{Kind: frameBye}), "@tb 1", "@tb [", 1)
	for name, tc := range map[string]struct {
		script  string
		timeout time.Duration
		says    []string
	}{
		"panic":      {"echo 'Kernel panic - not syncing' >$console; cat <<'END'\n" + hello + "END\n", time.Minute, []string{"ended before its commands", "Kernel panic - not syncing"}},
		"stuck":      {"echo booting >$console; exec sleep 1000", 300 * time.Millisecond, []string{"no end within", "booting"}},
		"no machine": {"echo 'no such machine' >&2; exit 1", time.Minute, []string{"no such machine", "console is empty"}},
		"torn":       {"cat <<'END'\n" + torn + "END\n", time.Minute, []string{"guest were lost: 1"}},
	} {
		l := fakeQEMU(t, tc.script)
		l.Timeout = tc.timeout
		err := untilItPrinted(l, tc.says, func() error {
			_, err := l.Boot(t.Context(), Kernel{}, [][]string{{"doctor"}})
			return err
		})
		var failed *BootError
		if !errors.As(err, &failed) {
			t.Fatalf("%s: %v", name, err)
		}
		for _, word := range tc.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not mention %q", name, err, word)
			}
		}
		nothingLeft(t, l)
	}
}

func TestInterruptEndsTheGuest(t *testing.T) {
	l := fakeQEMU(t, "echo $$ >"+filepath.Join(t.TempDir(), "pid")+"; echo >$console; exec sleep 1000")
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("Ctrl-C")
	go func() {
		for ctx.Err() == nil {
			if started, _ := filepath.Glob(filepath.Join(filepath.Dir(l.Lock), "boot-*", "console")); len(started) > 0 {
				cancel(reason)
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := l.Boot(ctx, Kernel{}, nil); !errors.Is(err, reason) {
		t.Errorf("%v, want %v", err, reason)
	}
	nothingLeft(t, l)
}

func TestEmulationIsRefusedWhereTimeCounts(t *testing.T) {
	l := fakeQEMU(t, "exit 1")
	l.Native = true
	var unsupported *UnsupportedError
	if _, err := l.Boot(t.Context(), Kernel{}, nil); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "KVM") {
		t.Errorf("%v", err)
	}
	nothingLeft(t, l)
}

func TestAutoEmulatesWhereKVMStartsNothing(t *testing.T) {
	bye := written(t, frame{Kind: frameBye})
	l := fakeQEMU(t, "case $* in *'-accel kvm'*) echo refused >&2; exit 1;; esac\ncat <<'END'\n"+bye+"END\n")
	l.Accel = Auto
	if o, err := l.Boot(t.Context(), Kernel{}, nil); err != nil || !o.Emulated || l.Accel != Emulated {
		t.Errorf("%+v, %v, %s", o, err, l.Accel)
	}
}

func TestBootsFollowEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := lock(t.Context(), path, func() { t.Error("waits for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan struct{})
	got := make(chan error)
	go func() {
		second, err := lock(t.Context(), path, func() { close(waiting) })
		if err == nil {
			err = second()
		}
		got <- err
	}()
	<-waiting
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
}
