package shards

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"

	"tunbench/bench/internal/campaign"
)

// A framed shard is lines of text, which survive a log with other lines in between, with something before each line, and with the lines of
// other shards among them. Each line begins with frameMark, the hash of the plan and the shard. It goes on with
//
//	begin BYTES SHA256 LINES    of the shard's file, and the number of lines that follow
//	K BASE64                    line K, from 0, of the file, compressed by gzip
//	end
const frameMark = "tunbench-shard"

const (
	frameBegin = "begin"
	frameEnd   = "end"
)

// frameBytes is how much of the compressed file a line carries: 76 characters in base64, as in RFC 2045, which no log breaks.
const frameBytes = 57

// Frame is a shard's file on its way through a log.
type Frame struct {
	Hash  string // of the plan: hexadecimal digits
	Shard campaign.Shard
	Text  []byte // the file
}

// WriteFrame writes a shard's file as lines into a log.
func WriteFrame(w io.Writer, f Frame) error {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(f.Text); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	var lines bytes.Buffer
	sum := sha256.Sum256(f.Text)
	begin := fmt.Sprintf("%s %s %v ", frameMark, f.Hash, f.Shard)
	count := (packed.Len() + frameBytes - 1) / frameBytes
	fmt.Fprintf(&lines, "%s%s %d %s %d\n", begin, frameBegin, len(f.Text), hex.EncodeToString(sum[:]), count)
	for k := range count {
		fmt.Fprintf(&lines, "%s%d %s\n", begin, k, base64.StdEncoding.EncodeToString(packed.Next(frameBytes)))
	}
	fmt.Fprintf(&lines, "%s%s\n", begin, frameEnd)
	if _, err := w.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("print the shard: %w", err)
	}
	return nil
}
