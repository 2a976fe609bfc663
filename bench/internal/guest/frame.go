package guest

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"sync"
)

// frameKind says what a frame carries.
type frameKind string

const (
	frameHello frameKind = "hello" // Text: the kernel's release
	frameNote  frameKind = "note"  // Text: what process 1 could not do, and did without
	frameOut   frameKind = "out"   // Data: standard output of a command
	frameErr   frameKind = "err"   // Data: its standard error
	frameFile  frameKind = "file"  // Data: more of the file Text, below the folder for results
	frameExit  frameKind = "exit"  // Code: how a command ended
	frameBye   frameKind = "bye"   // nothing follows
	frameIn    frameKind = "in"    // Data: standard input of a command; the only kind that the host sends
)

// frame is one message of the guest, or to it.
type frame struct {
	Kind    frameKind `json:"kind"`
	Command int       `json:"command"` // index of the command it belongs to
	Text    string    `json:"text,omitempty"`
	Data    []byte    `json:"data,omitempty"`
	Code    int       `json:"code,omitempty"`
}

// A frame is a line of its own: frameMark, a number that counts up from 0, the CRC-32 (IEEE) of what follows in hexadecimal, and JSON
// in base64. A line of anything else is the kernel's and is skipped.
const frameMark = "@tb"

// frameData is how much one frame carries: short, so that a torn line loses little.
const frameData = 3 << 10

// frameWriter writes frames. Its methods may be called by several goroutines.
type frameWriter struct {
	mu   sync.Mutex
	w    io.Writer
	next uint64
}

func (f *frameWriter) write(message frame) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	body := base64.StdEncoding.EncodeToString(text)
	f.mu.Lock()
	defer f.mu.Unlock()
	// The line begins with a new line, in case the kernel was writing one.
	_, err = fmt.Fprintf(f.w, "\n%s %d %08x %s\n", frameMark, f.next, crc32.ChecksumIEEE([]byte(body)), body)
	f.next++
	return err
}

// stream returns a writer whose bytes travel as frames like the given one.
func (f *frameWriter) stream(like frame) io.Writer { return &frameStream{f, like} }

type frameStream struct {
	to   *frameWriter
	like frame
}

func (s *frameStream) Write(p []byte) (n int, err error) {
	for n < len(p) {
		message := s.like
		message.Data = p[n:min(n+frameData, len(p))]
		if err := s.to.write(message); err != nil {
			return n, err
		}
		n += len(message.Data)
	}
	return n, nil
}

// frameReader reads frames. It is for one goroutine.
type frameReader struct {
	lines *bufio.Scanner
	next  uint64
	lost  uint64 // frames that were torn or never came
}

func newFrameReader(r io.Reader) *frameReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	return &frameReader{lines: lines}
}

// read returns the next whole frame, or io.EOF.
func (f *frameReader) read() (frame, error) {
	for f.lines.Scan() {
		number, message, whole := parseFrame(f.lines.Text())
		if !whole || number < f.next {
			continue
		}
		f.lost += number - f.next
		f.next = number + 1
		return message, nil
	}
	if err := f.lines.Err(); err != nil {
		return frame{}, fmt.Errorf("read frames: %w", err)
	}
	return frame{}, io.EOF
}

func parseFrame(line string) (number uint64, message frame, whole bool) {
	fields := strings.Fields(line)
	if len(fields) != 4 || fields[0] != frameMark {
		return 0, frame{}, false
	}
	number, err := strconv.ParseUint(fields[1], 10, 32)
	if err != nil {
		return 0, frame{}, false
	}
	sum, err := strconv.ParseUint(fields[2], 16, 32)
	if err != nil || uint32(sum) != crc32.ChecksumIEEE([]byte(fields[3])) {
		return 0, frame{}, false
	}
	text, err := base64.StdEncoding.DecodeString(fields[3])
	if err != nil || json.Unmarshal(text, &message) != nil {
		return 0, frame{}, false
	}
	return number, message, true
}
