package stat

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
)

// answers calls every routine of one series, by name; of two series the second is the first reversed.
func answers(x []float64) map[string]func() ([]float64, error) {
	y := slices.Clone(x)
	slices.Reverse(y)
	interval := func(i Interval, err error) ([]float64, error) {
		return []float64{i.Center, i.Low, i.High, i.Confidence}, err
	}
	one := func(v float64, err error) ([]float64, error) { return []float64{v}, err }
	two := func(v, w float64, err error) ([]float64, error) { return []float64{v, w}, err }
	return map[string]func() ([]float64, error){
		"HodgesLehmann":      func() ([]float64, error) { return one(HodgesLehmann(x)) },
		"SignedRank":         func() ([]float64, error) { return one(SignedRank(x)) },
		"SignedRankInterval": func() ([]float64, error) { return interval(SignedRankInterval(x, 0.95)) },
		"BootstrapInterval":  func() ([]float64, error) { return interval(BootstrapInterval(x, 0.95, 1)) },
		"MannWhitney":        func() ([]float64, error) { return one(MannWhitney(x, y)) },
		"MedianInterval":     func() ([]float64, error) { return interval(MedianInterval(x, 0.95)) },
		"Holm":               func() ([]float64, error) { return Holm(x), nil },
		"RankTrend":          func() ([]float64, error) { return two(RankTrend(x)) },
		"RankCorrelation":    func() ([]float64, error) { return two(RankCorrelation(x, y)) },
		"Slope":              func() ([]float64, error) { return one(Slope(y, x)) },
		"Autocorrelation":    func() ([]float64, error) { return two(Autocorrelation(x)) },
		"Bimodal":            func() ([]float64, error) { return one(Bimodal(x)) },
		"Outliers":           func() ([]float64, error) { _, _, err := Outliers(x); return nil, err },
		"Detectable":         func() ([]float64, error) { return one(Detectable(x, 0.95, 0.8)) },
	}
}

func TestBadValues(t *testing.T) {
	long := signedSeries(20, 30)
	tests := []struct {
		name string
		x    []float64
		want error
	}{
		{"nothing", nil, ErrTooFew},
		{"not a number", append([]float64{math.NaN()}, long...), ErrNotFinite},
		{"infinite", append(slices.Clone(long), math.Inf(1)), ErrNotFinite},
		{"infinite below", append(slices.Clone(long), math.Inf(-1)), ErrNotFinite},
		{"too large to square", append(slices.Clone(long), -1e200), ErrNotFinite},
	}
	for _, test := range tests {
		for name, answer := range answers(test.x) {
			if _, err := answer(); name != "Holm" && !errors.Is(err, test.want) {
				t.Errorf("%s of %s: %v", name, test.name, err)
			}
		}
	}
	if _, _, err := RankCorrelation(long, long[1:]); !errors.Is(err, ErrUnpaired) {
		t.Errorf("series of different length: %v", err)
	}
	for _, level := range []float64{0, 1, -1, 2, math.NaN(), math.Inf(1)} {
		_, signedRank := SignedRankInterval(long, level)
		_, bootstrap := BootstrapInterval(long, level, 1)
		_, median := MedianInterval(long, level)
		_, confidence := Detectable(long, level, 0.8)
		_, power := Detectable(long, 0.95, level)
		for _, err := range []error{signedRank, bootstrap, median, confidence, power} {
			if !errors.Is(err, ErrLevel) {
				t.Errorf("level %v: %v", level, err)
			}
		}
	}
}

// TestConstantValues: no spread is no difference, no trend, one mode, and an interval of no width.
func TestConstantValues(t *testing.T) {
	for _, c := range []float64{0, 7} {
		x := slices.Repeat([]float64{c}, 12)
		signedRank := 2.0 / (1 << 12)
		if c == 0 {
			signedRank = 1
		}
		want := map[string][]float64{
			"HodgesLehmann":      {c},
			"SignedRank":         {signedRank},
			"SignedRankInterval": {c, c, c, 0.9575195},
			"BootstrapInterval":  {c, c, c, 0.95},
			"MannWhitney":        {1},
			"MedianInterval":     {c, c, c, 0.9614258},
			"RankTrend":          {0, 1},
			"RankCorrelation":    {0, 1},
			"Autocorrelation":    {0, 1},
			"Bimodal":            {1},
			"Detectable":         {0},
		}
		for name, answer := range answers(x) {
			got, err := answer()
			if name == "Slope" {
				if !errors.Is(err, ErrTooFew) {
					t.Errorf("Slope: %v", err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for i, v := range want[name] {
				if math.Abs(got[i]-v) > 1e-6 {
					t.Errorf("%s of %v: %v, want %v", name, c, got, want[name])
					break
				}
			}
		}
	}
}

// TestOneValue: a defined answer or too few.
func TestOneValue(t *testing.T) {
	defined := []string{"HodgesLehmann", "SignedRank", "MannWhitney", "Holm", "Outliers"}
	for name, answer := range answers([]float64{0.5}) {
		_, err := answer()
		if ok := slices.Contains(defined, name); ok != (err == nil) || !ok && !errors.Is(err, ErrTooFew) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzAnswers: whatever the values, no routine panics, changes them, or answers with what is no figure.
func FuzzAnswers(f *testing.F) {
	for _, x := range [][]float64{
		nil,
		{1},
		{0, 0, 0, 0, 0, 0, 0},
		{1, 2, 3, 4, 5, 6, 7},
		hamilton,
		{math.NaN()},
		{math.Inf(1), 2, 3, 4, 5, 6},
		{1e150, -1e150, 1e150, 5e-324, 0, -5e-324, 1e-300},
		{1, 1, 1, 1, 1, 1 + 0x1p-52},
		hartigan[:30],
	} {
		var data []byte
		for _, v := range x {
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var x []float64
		for ; len(data) >= 8 && len(x) < 40; data = data[8:] {
			x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		}
		before := slices.Clone(x)
		for name, answer := range answers(x) {
			got, err := answer()
			for _, v := range got {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s of %v: %v, %v", name, x, got, err)
				}
			}
			if err != nil && !errors.Is(err, ErrTooFew) && !errors.Is(err, ErrNotFinite) {
				t.Errorf("%s of %v: %v", name, x, err)
			}
		}
		if !slices.EqualFunc(x, before, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
			t.Errorf("%v became %v", before, x)
		}
	})
}
