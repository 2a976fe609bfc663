package independent

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tunbench/bench/internal/traffic/histogram"
)

// SockperfResult is what sockperf measured.
type SockperfResult struct {
	Duration time.Duration           // from the first packet that is counted to the last answer
	RTT      *hdrhistogram.Histogram // round trips in ns
	Answered uint64                  // packets within Duration
	Lost     uint64                  // packets without an answer, of all that sockperf counts
}

// sockperfLog is what was read of the log of every packet.
type sockperfLog struct {
	rtt         *hdrhistogram.Histogram
	answered    uint64
	first, last int64 // when the first packet of those was sent and the last answer came, in ns
	err         error
}

// readSockperfLog reads the log to its end: of each packet its number, when it was sent, when its answer came, in seconds, and the difference
// (printed by client_statistics in Client.cpp). It takes in the packets that were sent from skip after the first until duration later.
func readSockperfLog(r io.Reader, skip, duration time.Duration) sockperfLog {
	log := sockperfLog{rtt: histogram.New()}
	begun, from := false, int64(0)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ", ")
		if len(fields) < 3 {
			continue // of the head
		}
		if _, err := strconv.ParseUint(fields[0], 10, 64); err != nil {
			continue
		}
		sent, err := nanoseconds(fields[1])
		answered, answerErr := nanoseconds(fields[2])
		if err := errors.Join(err, answerErr); err != nil {
			log.err = fmt.Errorf("read the log of packets: %w", err)
			continue
		}
		if !begun {
			begun, from = true, sent+int64(skip)
		}
		if answered <= sent || sent < from || sent >= from+int64(duration) {
			continue // lost, too early or too late
		}
		if log.answered == 0 {
			log.first = sent
		}
		log.answered++
		log.last = answered
		histogram.Record(log.rtt, answered-sent, 1)
	}
	if err := lines.Err(); err != nil {
		log.err = fmt.Errorf("read the log of packets: %w", err)
		_, _ = io.Copy(io.Discard, r) // who writes it must not wait
	}
	return log
}

// nanoseconds reads seconds with nine digits behind the point.
func nanoseconds(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(text), ".")
	if len(fraction) != 9 {
		return 0, fmt.Errorf("time %q: want seconds with nine decimals", text)
	}
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("time %q: %w", text, err)
	}
	return n, nil
}

// sockperfSent is the line of sockperf's report that says what it counted.
const sockperfSent = `\[Valid Duration\] .*SentMessages=(\d+); ReceivedMessages=(\d+)`

// shortestShare is the share of the time that packets must go back and forth. sockperf waits for an answer for ever.
const shortestShare = 0.5

// result is what the log and sockperf's report, a text, come to.
func (l sockperfLog) result(report string, duration time.Duration) (SockperfResult, error) {
	if l.err != nil {
		return SockperfResult{}, l.err
	}
	counts := regexp.MustCompile(sockperfSent).FindStringSubmatch(report)
	if l.answered == 0 || counts == nil {
		return SockperfResult{}, errors.New("it has no round trips to report")
	}
	sent, err := strconv.ParseUint(counts[1], 10, 64)
	received, receivedErr := strconv.ParseUint(counts[2], 10, 64)
	if err := errors.Join(err, receivedErr); err != nil {
		return SockperfResult{}, fmt.Errorf("read its report: %w", err)
	}
	res := SockperfResult{Duration: time.Duration(l.last - l.first), RTT: l.rtt, Answered: l.answered, Lost: sent - min(sent, received)}
	if res.Duration < time.Duration(shortestShare*float64(duration)) {
		return SockperfResult{}, fmt.Errorf("its round trips end after %v of %v: a packet was lost, and it waits for the answer for ever", res.Duration, duration)
	}
	return res, nil
}
