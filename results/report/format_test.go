package report

import (
	"testing"

	"tunbench/results/analysis"
)

func TestFormat(t *testing.T) {
	tests := []struct{ got, want string }{
		{scaled(0), "0"},
		{scaled(7), "7.00"},
		{scaled(999), "999"},
		{scaled(999.4), "999"},
		{scaled(999.6), "1.00 k"},
		{scaled(50000), "50.0 k"},
		{scaled(999_600), "1.00 M"},
		{scaled(1_354_000), "1.35 M"},
		{scaled(52.3e9), "52.3 G"},
		{scaled(1.2e12), "1.20 T"},
		{scaled(-1500), "-1.50 k"},
		{significant(9.996), "10.0"},
		{significant(0.0123456), "0.012"},
		{significant(4700), "4700"},
		{quotient(0.0123456), "0.0123"},
		{quotient(0.9996), "1.00"},
		{quotient(5.2), "5.20"},
		{significant(4704), "4700"},
		{micros(20_095), "20.1"},
		{micros(850), "0.850"},
		{scaledFine(437_040), "437.0 k"},
		{scaledFine(999_960), "1.000 M"},
		{significantTo(90, 2), "90"},
		{significantTo(99.5, 3), "99.5"},
		{signed(0.0625, percent), "+6.25"},
		{signed(-0.0625, percent), "-6.25"},
		{signed(0, percent), "0"},
		{probability(0.0004), "<0.001"},
		{probability(0.04), "0.040"},
		{whole(1500.5), "1500.5"},
		{seconds(63.504), "1m3.5s"},
		{seconds(0.05), "50ms"},
		{percent(0), "0"},
		{percent(0.00001), "<0.01"},
		{percent(-0.00001), "-<0.01"},
		{percent(-0.05), "-5.00"},
		{percent(0.0001), "0.01"},
		{percent(0.05), "5.00"},
		{percent(0.09999), "10.0"},
		{percent(0.661), "66.1"},
		{percent(1), "100.0"},
		{spread(analysis.Stat{N: 1, Median: 5, Min: 5, Max: 5}), ""},
		{spread(analysis.Stat{N: 3, Median: 0, Min: 0, Max: 5}), ""},
		{spread(analysis.Stat{N: 3, Median: 5, Min: 5, Max: 5}), "±0%"},
		{spread(analysis.Stat{N: 3, Median: 1000, Min: 999, Max: 1001}), "±<1%"},
		{spread(analysis.Stat{N: 3, Median: 100, Min: 80, Max: 106}), "±13%"},
		{plain("a\nb\x1b[31m\tc"), "a b [31m c"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}
