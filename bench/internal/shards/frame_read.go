package shards

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"tunbench/bench/internal/campaign"
	"tunbench/results"
)

// maxShardBytes is far above the size of any result file.
const maxShardBytes = 1 << 30

// FoundFrame is a framed shard in a log: whole, or with the reason why it is not.
type FoundFrame struct {
	Frame       // without Text if Err is not nil
	Line  int   // of the log, from 1, where it begins
	Err   error // nil if it is whole
}

// ReadFrames finds all framed shards in a log, in the order in which they end. What else stands in the log does not matter, neither between the
// lines nor before and behind the text of one. A frame that is cut off or damaged is found too. The error is of reading the log.
func ReadFrames(r io.Reader) ([]FoundFrame, error) {
	in := bufio.NewReader(r)
	log := &frameLog{open: map[frameKey]*openFrame{}}
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		log.line(line, number)
		if err == io.EOF {
			log.cutOff()
			return log.found, nil
		}
		if err != nil {
			return log.found, fmt.Errorf("read line %d: %w", number, err)
		}
	}
}

// frameLine is a line of a frame, wherever in a line of the log it stands.
var frameLine = regexp.MustCompile(frameMark + ` ([0-9a-f]{12}) ([0-9]{1,9}/[0-9]{1,9}) (?:(begin) ([0-9]{1,10}) ([0-9a-f]{64}) ([0-9]{1,9})|(end)|([0-9]{1,9}) ([0-9A-Za-z+/]+={0,2}))`)

// frameKey tells the frames of a log apart, whose lines may be mixed.
type frameKey struct {
	hash  string
	shard campaign.Shard
}

// openFrame is one whose end was not read yet.
type openFrame struct {
	line   int // of the log
	bytes  int64
	sum    string
	lines  int
	next   int // line of the frame that is to come
	packed bytes.Buffer
	err    error // the first thing that is wrong with it
}

// frameLog is a log that is being read.
type frameLog struct {
	open  map[frameKey]*openFrame
	order []frameKey // of those that are open
	found []FoundFrame
}

func (l *frameLog) line(text []byte, number int) {
	match := frameLine.FindSubmatch(text)
	if match == nil {
		return
	}
	shard, err := campaign.ParseShard(string(match[2]))
	if err != nil {
		return
	}
	key := frameKey{string(match[1]), shard}
	switch {
	case len(match[3]) > 0:
		l.begin(key, number, match[4:7])
	case len(match[7]) > 0:
		l.end(key)
	default:
		l.body(key, match[8], match[9])
	}
}

// begin opens a frame. One of the same shard that is open was cut off: the shard was measured once more.
func (l *frameLog) begin(key frameKey, number int, said [][]byte) {
	if l.open[key] != nil {
		l.close(key, l.open[key].cut())
	}
	size, _ := strconv.ParseInt(string(said[0]), 10, 64) // 10 digits
	lines, _ := strconv.Atoi(string(said[2]))            // 9 digits
	f := &openFrame{line: number, bytes: size, sum: string(said[1]), lines: lines}
	if size > maxShardBytes {
		f.err = fmt.Errorf("it is said to have %d bytes, more than any result file", size)
	}
	l.open[key] = f
	l.order = append(l.order, key)
}

func (l *frameLog) body(key frameKey, number, text []byte) {
	f := l.open[key]
	if f == nil || f.err != nil {
		return
	}
	k, _ := strconv.Atoi(string(number)) // 9 digits
	if k != f.next {
		f.err = fmt.Errorf("line %d of %d is missing", f.next, f.lines)
		return
	}
	packed, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(packed) != frameBytes && k < f.lines-1 {
		f.err = fmt.Errorf("line %d of %d is damaged", k, f.lines)
		return
	}
	f.packed.Write(packed)
	f.next++
}

func (l *frameLog) end(key frameKey) {
	if f := l.open[key]; f != nil {
		l.close(key, nil)
	}
}

// cutOff closes what is open where the log ends.
func (l *frameLog) cutOff() {
	for len(l.order) > 0 {
		l.close(l.order[0], l.open[l.order[0]].cut())
	}
}

// cut is the error of a frame that has no end.
func (f *openFrame) cut() error {
	return fmt.Errorf("the log breaks off after line %d of %d of the shard", f.next, f.lines)
}

// close takes a frame from the open ones to those that were found; why is the reason why it cannot be whole.
func (l *frameLog) close(key frameKey, why error) {
	f := l.open[key]
	delete(l.open, key)
	for i, k := range l.order {
		if k == key {
			l.order = append(l.order[:i], l.order[i+1:]...)
			break
		}
	}
	found := FoundFrame{Frame: Frame{Hash: key.hash, Shard: key.shard}, Line: f.line, Err: f.err}
	if found.Err == nil {
		found.Err = why
	}
	if found.Err == nil {
		found.Text, found.Err = f.unpack()
	}
	l.found = append(l.found, found)
}

// unpack returns the file, checked against what the begin of the frame says.
func (f *openFrame) unpack() ([]byte, error) {
	if f.next != f.lines {
		return nil, fmt.Errorf("%s of %d are missing", results.Count(f.lines-f.next, "line"), f.lines)
	}
	zip, err := gzip.NewReader(&f.packed)
	if err != nil {
		return nil, errDamaged
	}
	text, err := io.ReadAll(io.LimitReader(zip, f.bytes+1))
	if err != nil || int64(len(text)) != f.bytes {
		return nil, errDamaged
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != f.sum {
		return nil, errDamaged
	}
	return text, nil
}

// errDamaged is a frame whose lines are there, but not as they were printed.
var errDamaged = errors.New("it is damaged: its content is not that of its checksum")
