package measure

import "testing"

func TestLongest(t *testing.T) {
	for _, tc := range []struct {
		name         string
		least, limit int64
		truth        int64 // numbers up to it hold
		low, high    int64 // what may be found
		trials       int   // at most
	}{
		{"none holds", 16, 1 << 20, 0, 0, 0, 6},
		{"below the first", 16, 1 << 20, 5, 5, 5, 6},
		{"exact where small", 16, 1 << 20, 77, 77, 77, 12},
		{"within the resolution", 16, 1 << 20, 10_000, 9_800, 10_000, 20},
		{"all hold", 16, 1000, 5000, 1000, 1000, 8},
		{"the limit itself", 16, 1000, 1000, 1000, 1000, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found, trials := int64(0), 0
			err := longest(tc.least, tc.limit, func(n int64) (bool, error) {
				if trials++; n < 1 || n > tc.limit {
					t.Fatalf("tried %d, outside 1 to %d", n, tc.limit)
				}
				if n <= tc.truth {
					found = max(found, n)
				}
				return n <= tc.truth, nil
			})
			if err != nil || found < tc.low || found > tc.high || trials > tc.trials {
				t.Errorf("found %d after %d trials (%v), want %d to %d after at most %d", found, trials, err, tc.low, tc.high, tc.trials)
			}
		})
	}
}
