package independent

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestParseIperf3: the figures are those of the receiver, after the warm-up.
func TestParseIperf3(t *testing.T) {
	for file, test := range map[string]struct {
		payload int
		want    Iperf3Result
	}{
		"testdata/tcp.json": {0, Iperf3Result{
			Duration: 2_038_080 * time.Microsecond, Bytes: 893386752, Retransmits: 4, Segments: 616980, RTT: 7684 * time.Microsecond,
		}},
		"testdata/udp.json": {64, Iperf3Result{
			Duration: 998_059 * time.Microsecond, Bytes: 1199104, Sent: 35480, Received: 18736, Reordered: 2, SendDuration: 988_880 * time.Microsecond,
		}},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseIperf3(string(text), test.payload)
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", file, got, err, test.want)
		}
	}
}

func TestParseIperf3Errors(t *testing.T) {
	for text, want := range map[string]string{
		"": "read its report",
		"iperf3: parameter error - some option\n":                                                                    "parameter error - some option",
		`{"start": {}, "end": {}, "error": "unable to connect to server: Connection refused"}`:                       "Connection refused",
		`{"start": {}, "end": {}}`:                                                                                   "no sums",
		`{"start": {}, "end": {"sum_sent": {"seconds": 1, "bytes": 9}, "sum_received": {"seconds": 1, "bytes": 0}}}`: "nothing arrives in 1.0 s",
	} {
		if _, err := parseIperf3(text, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
