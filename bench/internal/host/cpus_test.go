package host

import "testing"

func TestCountCPUs(t *testing.T) {
	tests := map[string]struct {
		want int
		fail bool
	}{
		"0": {want: 1}, "0-3": {want: 4}, "0-1,4,6-7": {want: 5},
		"": {fail: true}, "a": {fail: true}, "3-1": {fail: true}, "1,": {fail: true},
	}
	for list, tt := range tests {
		got, err := countCPUs(list)
		if got != tt.want || (err != nil) != tt.fail {
			t.Errorf("countCPUs(%q) = %d, %v, want %d, failure %t", list, got, err, tt.want, tt.fail)
		}
	}
}
