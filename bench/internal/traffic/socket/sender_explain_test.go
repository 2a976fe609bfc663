package socket

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

func TestEIOOfASuperpacketIsExplained(t *testing.T) {
	for _, tc := range []struct {
		segments  int
		errno     unix.Errno
		explained bool
	}{{32, unix.EIO, true}, {1, unix.EIO, false}, {32, unix.EINVAL, false}} {
		err := (&SenderConfig{Segments: tc.segments}).explain(tc.errno)
		if !errors.Is(err, tc.errno) || errors.Is(err, host.ErrCannot) != tc.explained {
			t.Errorf("%d segments, %v: %v", tc.segments, tc.errno, err)
		}
	}
}
