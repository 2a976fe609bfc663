package main

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
)

func TestExitCode(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{
		{nil, exitSuccess},
		{errors.New("broken"), exitFailure},
		{&usageError{errors.New("what?")}, exitUsage},
		{fmt.Errorf("compare: %w", errRegression), exitRegression},
		{fmt.Errorf("compare: %w", errInconclusive), exitInconclusive},
		{fmt.Errorf("engine uring: %w", forwarder.ErrUnsupported), exitUnsupported},
		{fmt.Errorf("open: %w", &tun.UnsupportedError{Err: unix.EPERM}), exitUnsupported},
		{fmt.Errorf("set up: %w", &testbed.UnsupportedError{Feature: "qdisc x", Err: unix.ENOENT}), exitUnsupported},
		{fmt.Errorf("send: %w", &host.UnsupportedError{Feature: "TCX", Err: unix.EINVAL}), exitUnsupported},
		{errors.Join(&host.Unfit{Missing: "a", Remedy: "b"}, errors.New("close")), exitUnsupported},
		{openError(fmt.Errorf("open: %w", tun.ErrMismatch)), exitUsage},
		{openError(fmt.Errorf("open: %w", os.ErrNotExist)), exitUsage},
		// The driver's node is a file as well, but nobody named it.
		{openError(&tun.UnsupportedError{Err: unix.ENOENT}), exitUnsupported},
		{fmt.Errorf("run: %w", tun.ErrMismatch), exitFailure}, // of devices that the user did not name
	} {
		if got := exitCode(tc.err); got != tc.want {
			t.Errorf("exitCode(%v) = %d, want %d", tc.err, got, tc.want)
		}
	}
}
