package stat

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// vaccinations is the trials of the BCG vaccine: ill and healthy of the vaccinated, then of the others. Colditz and others (1994), Efficacy of BCG vaccine
// in the prevention of tuberculosis.
var vaccinations = [][4]float64{
	{4, 119, 11, 128},
	{6, 300, 29, 274},
	{3, 228, 11, 209},
	{62, 13536, 248, 12619},
	{33, 5036, 47, 5761},
	{180, 1361, 372, 1079},
	{8, 2537, 10, 619},
	{505, 87886, 499, 87892},
	{29, 7470, 45, 7232},
	{17, 1699, 65, 1600},
	{186, 50448, 141, 27197},
	{5, 2493, 3, 2338},
	{27, 16886, 29, 17825},
}

// riskRatios is the logarithms of their relative risks.
func riskRatios() []Study {
	var studies []Study
	for _, v := range vaccinations {
		studies = append(studies, Study{
			Value:    math.Log(v[0] / (v[0] + v[1]) / (v[2] / (v[2] + v[3]))),
			Variance: 1/v[0] - 1/(v[0]+v[1]) + 1/v[2] - 1/(v[2]+v[3]),
			Freedom:  1000,
		})
	}
	return studies
}

// TestRandomEffectsOfVaccinations: the figures that meta-analyses of these trials have published: Q 152.2, I² 92.1 %, τ² 0.318 by Paule and Mandel.
func TestRandomEffectsOfVaccinations(t *testing.T) {
	p, err := RandomEffects(riskRatios(), 0.95)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what           string
		got, want, off float64
	}{
		{"Q", p.Q, 152.233, 0.001}, {"I²", p.Unexplained, 0.9212, 0.0001}, {"τ²", p.Tau * p.Tau, 0.318, 0.0005}, {"mean", p.Center, -0.715, 0.001},
	} {
		if math.Abs(c.got-c.want) > c.off {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	slow := scanned(riskRatios(), 0.95)
	for what, pair := range map[string][2]float64{
		"τ": {p.Tau, slow.Tau}, "least τ": {p.TauLow, slow.TauLow}, "largest τ": {p.TauHigh, slow.TauHigh}, "mean": {p.Center, slow.Center}, "low": {p.Low, slow.Low}, "high": {p.High, slow.High},
		"further low": {p.Predicted.Low, slow.Predicted.Low}, "further high": {p.Predicted.High, slow.Predicted.High},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-5 {
			t.Errorf("%s: %v, the slow way %v", what, pair[0], pair[1])
		}
	}
}

// scanned is the slow way: it walks along τ in steps until the textbook's sum of squares has fallen to what it should be.
func scanned(studies []Study, confidence float64) Pooled {
	at := func(tau float64) (mean, total, q float64) {
		var weighted, squares float64
		for _, s := range studies {
			w := 1 / (s.Variance + tau*tau)
			weighted, squares, total = weighted+w*s.Value, squares+w*s.Value*s.Value, total+w
		}
		return weighted / total, total, squares - weighted*weighted/total
	}
	walk := func(q float64) float64 {
		tau := 0.0
		for _, step := range []float64{0.1, 1e-3, 1e-5, 1e-7} {
			for {
				if _, _, sum := at(tau + step); sum < q {
					break
				}
				tau += step
			}
		}
		return tau
	}
	k := float64(len(studies))
	chi := distuv.ChiSquared{K: k - 1}
	p := Pooled{Tau: walk(k - 1), TauLow: walk(chi.Quantile((1 + confidence) / 2)), TauHigh: walk(chi.Quantile((1 - confidence) / 2))}
	mean, total, q := at(p.Tau)
	error2 := max(1, q/(k-1)) / total
	t1 := distuv.StudentsT{Sigma: 1, Nu: k - 1}.Quantile((1 + confidence) / 2)
	t2 := distuv.StudentsT{Sigma: 1, Nu: k - 2}.Quantile((1 + confidence) / 2)
	half, further := t1*math.Sqrt(error2), t2*math.Sqrt(error2+p.Tau*p.Tau)
	p.Interval = Interval{Center: mean, Low: mean - half, High: mean + half}
	p.Predicted = &Interval{Low: mean - further, High: mean + further}
	return p
}

// TestRandomEffectsInvariants: order, unit and origin of the values change nothing but unit and origin of the answer.
func TestRandomEffectsInvariants(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 7))
	for range 200 {
		studies := drawnStudies(random, 2+random.IntN(9), 8, 1, random.Float64())
		moved := make([]Study, len(studies))
		for i, s := range studies {
			moved[len(studies)-1-i] = Study{1e6*s.Value - 3e7, 1e12 * s.Variance, s.Freedom}
		}
		a, errA := RandomEffects(studies, 0.9)
		b, errB := RandomEffects(moved, 0.9)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		close := func(x, y float64) bool { return math.Abs(x-y) <= 1e-5*max(1, math.Abs(x)) }
		if !close(a.Tau, b.Tau/1e6) || !close(a.Low, (b.Low+3e7)/1e6) || !close(a.High, (b.High+3e7)/1e6) || !close(a.Q, b.Q) || a.TauLow > a.Tau || a.Tau > a.TauHigh {
			t.Fatalf("%v: %+v, moved %+v", studies, a, b)
		}
		slices.Reverse(moved) // each study meets the same draws
		p, _ := Heterogeneity(studies, 1)
		q, _ := Heterogeneity(moved, 1)
		if math.Abs(p-q) > 0.001 {
			t.Fatalf("p %v, moved %v", p, q)
		}
	}
}

func TestRandomEffectsOfExtremes(t *testing.T) {
	for _, studies := range [][]Study{
		{{0, 0, 1}, {0, 0, 1}}, {{5, 0, 3}, {5, 0, 3}, {5, 0, 3}}, {{0, 0, 1}, {1, 0, 1}, {2, 1e-300, 1}}, {{1e150, 1e150, 1}, {-1e150, 0, 1}}, {{0, 1e-300, 1}, {1e-200, 1e150, 1}},
	} {
		p, err := RandomEffects(studies, 0.95)
		if err != nil {
			t.Fatalf("%v: %v", studies, err)
		}
		h, err := Heterogeneity(studies, 1)
		if err != nil {
			t.Fatalf("%v: %v", studies, err)
		}
		for _, v := range []float64{p.Center, p.Low, p.High, p.Tau, p.TauLow, p.TauHigh, p.Q, p.Unexplained, h} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%v: %+v, p %v", studies, p, h)
			}
		}
	}
	same, err := RandomEffects([]Study{{5, 0, 3}, {5, 0, 3}}, 0.95)
	if err != nil || same.Tau != 0 || same.Low != 5 || same.High != 5 || same.Predicted != nil {
		t.Errorf("two that are the same: %+v, %v", same, err)
	}
	for _, studies := range [][]Study{nil, {{1, 1, 1}}, {{1, 1, 0}, {2, 1, 1}}, {{1, -1, 1}, {2, 1, 1}}} {
		if _, err := RandomEffects(studies, 0.95); !errors.Is(err, ErrTooFew) {
			t.Errorf("%v: %v", studies, err)
		}
		if _, err := Heterogeneity(studies, 1); !errors.Is(err, ErrTooFew) {
			t.Errorf("%v: %v", studies, err)
		}
	}
	if _, err := RandomEffects([]Study{{math.NaN(), 1, 1}, {2, 1, 1}}, 0.95); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN: %v", err)
	}
	if _, err := RandomEffects(riskRatios(), 1); !errors.Is(err, ErrLevel) {
		t.Errorf("confidence 1: %v", err)
	}
}

// drawnStudies is machines whose true values have a standard deviation of tau, each of which measured rounds with noise of its own, up to so many times.
func drawnStudies(random *rand.Rand, machines, rounds int, unlike, tau float64) []Study {
	studies := make([]Study, machines)
	for i := range studies {
		noise := 0.02 * math.Pow(unlike, random.Float64())
		truth := tau * random.NormFloat64()
		x := make([]float64, rounds)
		sum := 0.0
		for j := range x {
			x[j] = truth + noise*random.NormFloat64()
			sum += x[j]
		}
		mean, squares := sum/float64(rounds), 0.0
		for _, v := range x {
			squares += (v - mean) * (v - mean)
		}
		studies[i] = Study{mean, squares / float64(rounds-1) / float64(rounds), rounds - 1}
	}
	return studies
}

// TestRandomEffectsCoverage: the interval holds the mean of all machines, the interval of τ holds τ, and the prediction the truth of one more machine, as
// often as promised.
func TestRandomEffectsCoverage(t *testing.T) {
	t.Parallel()
	const trials = 1200
	for _, machines := range []int{2, 3, 5, 12} {
		for _, tau := range []float64{0, 0.01, 0.1} {
			t.Run(fmt.Sprintf("%d machines, τ %v", machines, tau), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(machines), uint64(1000*tau)))
				missed, further, spread := 0, 0, 0
				for range trials {
					p, err := RandomEffects(drawnStudies(random, machines, 20, 3, tau), 0.95)
					if err != nil {
						t.Fatal(err)
					}
					if !p.contains(0) {
						missed++
					}
					if p.Predicted != nil && !p.Predicted.contains(tau*random.NormFloat64()) {
						further++
					}
					if tau < p.TauLow || tau > p.TauHigh {
						spread++
					}
				}
				t.Logf("missed: mean %d, one more %d, τ %d of %d", missed, further, spread, trials)
				atMost(t, "intervals without the mean", missed, trials, 0.05)
				if tau == 0.1 || tau == 0 {
					// In between, a prediction of few machines that happen to be alike is known to be too narrow.
					atMost(t, "predictions without one more machine", further, trials, 0.06)
				}
				atMost(t, "intervals without τ", spread, trials, 0.06)
			})
		}
	}
}

// TestHeterogeneityFalseAlarms: machines that are alike are called unlike no more often than promised, also if their noise differs and is known from few
// rounds; Cochran's Q calls them so far more often.
func TestHeterogeneityFalseAlarms(t *testing.T) {
	t.Parallel()
	const trials = 1000
	for _, machines := range []int{2, 3, 6, 20} {
		for _, rounds := range []int{6, 12, 30} {
			t.Run(fmt.Sprintf("%d machines, %d rounds", machines, rounds), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(machines), uint64(rounds)))
				alarms, cochran := 0, 0
				for range trials {
					studies := drawnStudies(random, machines, rounds, 5, 0)
					p, err := Heterogeneity(studies, 1)
					if err != nil {
						t.Fatal(err)
					}
					if p <= 0.05 {
						alarms++
					}
					if _, _, q := scale(studies).around(0); (distuv.ChiSquared{K: float64(machines - 1)}).Survival(q) <= 0.05 {
						cochran++
					}
				}
				t.Logf("false alarms %.3f, by Cochran's Q %.3f", float64(alarms)/trials, float64(cochran)/trials)
				atMost(t, "false alarms", alarms, trials, 0.05)
			})
		}
	}
}

// TestHeterogeneityPower: machines that differ by several times what their rounds leave open are called so.
func TestHeterogeneityPower(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	shown := 0
	for range 200 {
		p, err := Heterogeneity(drawnStudies(random, 6, 12, 3, 0.1), 1)
		if err != nil {
			t.Fatal(err)
		}
		if p <= 0.05 {
			shown++
		}
	}
	if shown < 190 {
		t.Errorf("shown in %d of 200", shown)
	}
}

// TestHeterogeneityOfTwo: of two machines it says about what Welch's t-test says.
func TestHeterogeneityOfTwo(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 5))
	for range 100 {
		studies := drawnStudies(random, 2, 10+random.IntN(9), 4, 0.005)
		a, b := studies[0], studies[1]
		sum := a.Variance + b.Variance
		freedom := sum * sum / (a.Variance*a.Variance/float64(a.Freedom) + b.Variance*b.Variance/float64(b.Freedom))
		want := 2 * distuv.StudentsT{Sigma: 1, Nu: freedom}.Survival(math.Abs(a.Value-b.Value)/math.Sqrt(sum))
		if got, err := Heterogeneity(studies, 1); err != nil || math.Abs(got-want) > 0.02+0.45*want*math.Sqrt(1-want) {
			t.Fatalf("p %v, by the t-test %v (%v)", got, want, err)
		}
	}
}
