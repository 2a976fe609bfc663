package results

import "io"

// What tests of the file look at from outside.
var (
	ErrHostFirst = errHostFirst
	ErrHostTwice = errHostTwice
	ErrEnded     = errEnded
)

// NewWriter writes to something that is no file of the system.
func NewWriter(f interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
},
) *Writer {
	return &Writer{file: f}
}
