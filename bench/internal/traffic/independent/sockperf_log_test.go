package independent

import (
	"strings"
	"testing"
	"time"
)

const sockperfHead = `------------------------------
test was performed using the following parameters: --mps=600000 --burst=1 --reply-every=1 --msg-size=36 --time=1 --full-rtt
------------------------------
packet, txTime(sec), rxTime(sec), rtt(usec)
`

const sockperfReport = "sockperf: [Total Run] RunTime=1.011 sec; Warm up time=400 msec; SentMessages=7919; ReceivedMessages=7918\n" +
	"sockperf: [Valid Duration] RunTime=0.523 sec; SentMessages=10; ReceivedMessages=9\n"

// TestSockperfLog: those packets count that were sent in the window.
func TestSockperfLog(t *testing.T) {
	log := readSockperfLog(strings.NewReader(sockperfHead+`0, 2.400000000, 2.400090000, 90.000
1, 2.500000000, 2.500020000, 20.000
2, 2.600000000, 2.600030000, 30.000
3, 2.650000000, 0.000000000, -2650000.000
4, 2.699999999, 2.700039999, 40.000
5, 2.700000000, 2.700070000, 70.000
------------------------------
`), 100*time.Millisecond, 200*time.Millisecond)
	res, err := log.result(sockperfReport, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if res.Answered != 3 || res.Lost != 1 || res.Duration != 200039999*time.Nanosecond || res.RTT.TotalCount() != 3 {
		t.Errorf("%+v", res)
	}
	if low, high := res.RTT.Min(), res.RTT.Max(); low < 19_000 || low > 21_000 || high < 39_000 || high > 41_000 {
		t.Errorf("from %d to %d ns, want 20 to 40 µs", low, high)
	}
}

func TestSockperfLogErrors(t *testing.T) {
	for name, test := range map[string]struct{ log, report, want string }{
		"silence":      {"sockperf: No messages were received from the server. Is the server down?\n", "", "no round trips"},
		"no report":    {sockperfHead + "0, 1.000000000, 1.000010000, 10.000\n", "", "no round trips"},
		"a loss":       {sockperfHead + "0, 1.000000000, 1.000010000, 10.000\n", sockperfReport, "a packet was lost"},
		"other digits": {sockperfHead + "0, 1.000000, 1.000010, 10.000\n", sockperfReport, "nine decimals"},
		"a long line":  {strings.Repeat("x", 1<<20), sockperfReport, "too long"},
	} {
		_, err := readSockperfLog(strings.NewReader(test.log), 0, time.Second).result(test.report, time.Second)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
