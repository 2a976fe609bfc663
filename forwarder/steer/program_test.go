package steer

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

func TestPolicyNames(t *testing.T) {
	for _, p := range Policies() {
		if got, err := ParsePolicy(string(p)); got != p || err != nil {
			t.Errorf("ParsePolicy(%q) = %q, %v", p, got, err)
		}
	}
	if _, err := ParsePolicy("luck"); err == nil {
		t.Error("policy luck: accepted")
	}
}

func TestLoadRejects(t *testing.T) {
	for _, tc := range []struct {
		policy Policy
		queues int
	}{{"", 1}, {"luck", 1}, {PolicyHash, 0}, {PolicyCPU, maxQueues + 1}, {PolicyKernel, -1}} {
		if p, err := Load(tc.policy, tc.queues); err == nil {
			p.Close()
			t.Errorf("Load(%q, %d): accepted", tc.policy, tc.queues)
		}
	}
}

func TestKernelPolicyCountsNothing(t *testing.T) {
	p, err := Load(PolicyKernel, 2) // needs no root
	if err != nil {
		t.Fatal(err)
	}
	if counts, err := p.Counts(); counts != nil || err != nil {
		t.Errorf("Counts = %v, %v; want none", counts, err)
	}
}

func TestClosedProgram(t *testing.T) {
	for _, policy := range Policies() {
		p := load(t, policy, 2)
		for range 2 {
			if err := p.Close(); err != nil {
				t.Errorf("%s: close: %v", policy, err)
			}
		}
		if _, err := p.Counts(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: Counts after Close: %v", policy, err)
		}
		if err := p.Attach(-1); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: Attach after Close: %v", policy, err)
		}
	}
}

func TestAttachToSomethingElse(t *testing.T) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	err = load(t, PolicyHash, 2).Attach(fd)
	var unsupported *UnsupportedError
	if !errors.Is(err, unix.ENOTTY) || errors.As(err, &unsupported) {
		t.Errorf("Attach to an eventfd: %v, want ENOTTY", err)
	}
}

// TestLoadLeaksNothing counts file descriptors, of programs and maps among them.
func TestLoadLeaksNothing(t *testing.T) {
	load(t, PolicyHash, 1).Close() // the first one leaves what the library remembers
	before := openFDs(t)
	for _, policy := range Policies() {
		if err := load(t, policy, 4).Close(); err != nil {
			t.Error(err)
		}
	}
	if after := openFDs(t); after != before {
		t.Errorf("%d fds before, %d after", before, after)
	}
}

func openFDs(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestExplain(t *testing.T) {
	withoutFeature := func(err error) error { return Explain(err, "", "") }
	for _, tc := range []struct {
		err         error
		explain     func(error) error
		unsupported bool
	}{
		{unix.EPERM, explain, true},
		{fmt.Errorf("load: %w", ebpf.ErrNotSupported), explain, true},
		{fmt.Errorf("map create: %w", unix.EMFILE), explain, true},
		{fmt.Errorf("map create: %w", unix.ENOMEM), explain, true},
		{fmt.Errorf("map create: %w", unix.EACCES), explain, true},
		{&ebpf.VerifierError{Cause: unix.EACCES, Log: []string{"invalid access to packet"}}, withoutFeature, false},
		{&ebpf.VerifierError{Cause: unix.EACCES}, withoutFeature, true},
		{unix.EINVAL, explain, false},
		{fmt.Errorf("load: %w", &ebpf.VerifierError{Cause: unix.EINVAL}), explain, true}, // it can be done without
		{unix.EINVAL, explainAttach, true},
		{unix.EOPNOTSUPP, explainAttach, true},
		{unix.EBADFD, explainAttach, false},
		{nil, explainAttach, false},
	} {
		got := tc.explain(tc.err)
		var unsupported *UnsupportedError
		if errors.As(got, &unsupported) != tc.unsupported || !errors.Is(got, tc.err) {
			t.Errorf("%v became %v; want UnsupportedError: %v", tc.err, got, tc.unsupported)
		}
	}
}
