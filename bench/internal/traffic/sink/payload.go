package sink

import "tunbench/bench/internal/traffic/wire"

// Verdict is what a payload is to a sink, see CPUCounts.
type Verdict uint8

// The verdicts.
const (
	Good Verdict = iota
	Corrupt
	Foreign
)

// Judge reads the stamp of one segment's payload. Flows below flows are ours; verify
// looks at the whole payload. The stamp is the zero value unless the verdict is Good.
func Judge(payload []byte, flows int, verify bool) (wire.Stamp, Verdict) {
	if len(payload) < wire.StampLen {
		return wire.Stamp{}, Foreign
	}
	stamp, err := wire.ParseStamp(payload)
	switch {
	case err != nil, verify && wire.Sum(payload) != wire.StampSum:
		return wire.Stamp{}, Corrupt
	case int(stamp.Flow) >= flows:
		return wire.Stamp{}, Foreign
	}
	return stamp, Good
}
