package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ErrForeign is a line of JSON, or of something else, that no tunbench wrote.
var ErrForeign = errors.New("not a tunbench record")

// byteOrderMark is how some editors begin a file in UTF-8.
var byteOrderMark = []byte("\ufeff")

// checkEncoding skips a byte order mark, and refuses what is no text in UTF-8 with a word on how to make it one.
func checkEncoding(in *bufio.Reader) error {
	begin, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil // whoever reads on meets the error too
	}
	for _, other := range []struct {
		begin, what, remedy string
	}{
		{"\xff\xfe", "text in UTF-16", "convert it with: iconv -f UTF-16 -t UTF-8"},
		{"\xfe\xff", "text in UTF-16", "convert it with: iconv -f UTF-16 -t UTF-8"},
		{"{\x00", "text in UTF-16", "convert it with: iconv -f UTF-16LE -t UTF-8"},
		{"\x00{", "text in UTF-16", "convert it with: iconv -f UTF-16BE -t UTF-8"},
		{"\x1f\x8b", "compressed", "unpack it with gunzip"},
		{"\xfd7zX", "compressed", "unpack it with unxz"},
		{"\x28\xb5\x2f\xfd", "compressed", "unpack it with unzstd"},
	} {
		if bytes.HasPrefix(begin, []byte(other.begin)) {
			return fmt.Errorf("%w: the file is %s; %s", ErrForeign, other.what, other.remedy)
		}
	}
	if bytes.HasPrefix(begin, byteOrderMark) {
		_, _ = in.Discard(len(byteOrderMark)) // it was there just now
	}
	return nil
}

// foreign is the error for a line that is not JSON.
func foreign(line []byte, err error) error {
	if text := string(bytes.TrimSpace(line)); text == "{" || text == "[" {
		return fmt.Errorf("%w: JSON over several lines, where a record is one (jq -c writes them so)", ErrForeign)
	}
	return fmt.Errorf("%w: %w", ErrForeign, err)
}
