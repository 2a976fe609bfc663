package analysis

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestHistoryGone: the newest run must have what the others had.
func TestHistoryGone(t *testing.T) {
	last := func(change func(*results.File)) *History {
		files := runsOf(10, 1, steady)
		change(files[9])
		return historyOf(t, files, HistoryOptions{})
	}
	for name, test := range map[string]struct {
		change  func(*results.File) // of the newest run
		want    *Gone
		verdict results.Verdict
	}{
		"there":    {func(*results.File) {}, nil, results.VerdictSame},
		"no trial": {func(f *results.File) { f.Trials = f.Trials[3:] }, &Gone{Scenario: true}, results.VerdictInconclusive},
		"failed": {func(f *results.File) {
			for i := range 3 {
				f.Trials[i] = results.Trial{Scenario: ours, Round: i, Error: "it broke"}
			}
		}, &Gone{Error: "it broke"}, results.VerdictInconclusive},
		"nothing": {func(f *results.File) {
			for i := range 3 {
				f.Trials[i].Traffic = results.Traffic{ForwardedPps: new(0.0)}
			}
		}, &Gone{Nothing: true}, results.VerdictWorse},
		"nothing in one trial": {func(f *results.File) {
			f.Trials[1].Traffic = results.Traffic{ForwardedPps: new(0.0)}
		}, &Gone{Nothing: true, Some: 1, Of: 3}, results.VerdictWorse},
		"one trial failed": {func(f *results.File) {
			f.Trials[1] = results.Trial{Scenario: ours, Round: 1, Error: "it broke"}
		}, &Gone{Error: "it broke", Some: 1, Of: 3}, results.VerdictInconclusive},
	} {
		h := last(test.change)
		if diff := cmp.Diff(test.want, seriesOf(t, h, ours).Gone); diff != "" || h.Verdict() != test.verdict {
			t.Errorf("%s: verdict %s, gone (-want +got):\n%s", name, h.Verdict(), diff)
		}
	}
}

// TestHistoryOfWhatIsLostNowAndThen: a run before had a trial without a packet, too.
func TestHistoryOfWhatIsLostNowAndThen(t *testing.T) {
	files := runsOf(10, 1, steady)
	for _, i := range []int{4, 9} {
		files[i].Trials[1].Traffic = results.Traffic{ForwardedPps: new(0.0)}
	}
	h := historyOf(t, files, HistoryOptions{})
	if diff := cmp.Diff(&Gone{Nothing: true, Before: true, Some: 1, Of: 3}, seriesOf(t, h, ours).Gone); diff != "" || h.Verdict() != results.VerdictInconclusive {
		t.Errorf("verdict %s, gone (-want +got):\n%s", h.Verdict(), diff)
	}
	if h = historyOf(t, files[:9], HistoryOptions{}); seriesOf(t, h, ours).Gone != nil || h.Verdict() != results.VerdictSame {
		t.Errorf("of an older run: verdict %s", h.Verdict())
	}
}

// comparedAt is the file of a comparison of ours with itself, at some time after the first run.
func comparedAt(after time.Duration, args []string, programB string, ratios ...float64) *results.File {
	host := fixture.Host()
	host.Time, host.Args = fixture.Start.Add(after), args
	records := []results.Record{host}
	for i, ratio := range ratios {
		records = append(records, results.Comparison{Series: i, ScenarioA: ours, ScenarioB: ours, ProgramB: programB, Metric: results.MetricForwarded, Ratio: ratio, Rounds: 7})
	}
	return fixture.File(records...)
}

// TestHistoryOfMixedFiles: files of run, ab and search in one folder do not stand in each other's way, and what has no place is named.
func TestHistoryOfMixedFiles(t *testing.T) {
	files := runsOf(20, 1, slowerFrom(12))
	var paths []string
	for range files {
		paths = append(paths, "run")
	}
	for i := range 15 { // later than all runs, of which none is among the ten newest files then
		files, paths = append(files, comparedAt(1000*time.Hour+time.Duration(i)*time.Hour, []string{"ab"}, "", 1.001)), append(paths, "ab")
	}
	search := fixture.File(fixture.Host(), results.Search{Scenario: ours})
	search.Host.Time = fixture.Start.Add(2000 * time.Hour)
	files, paths = append(files, search), append(paths, "search")
	h, err := NewHistory(files, paths, HistoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Runs) != 35 || len(h.Series) < 2 {
		t.Errorf("%d runs, %d series", len(h.Runs), len(h.Series))
	}
	for _, s := range h.Series {
		if s.Gone != nil {
			t.Errorf("%s of %s, arms %t: gone %+v", s.Metric, s.Scenario, s.Arms, s.Gone)
		}
	}
	if h.Verdict() != results.VerdictWorse {
		t.Errorf("verdict %s", h.Verdict())
	}
	if diff := cmp.Diff([]LeftOut{{"search", NothingForHistory}}, h.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if _, err := NewHistory([]*results.File{search}, nil, HistoryOptions{}); err == nil {
		t.Error("a history of a search")
	}
}

// TestHistoryWithoutSlowed: what was slowed on purpose is no change of a program.
func TestHistoryWithoutSlowed(t *testing.T) {
	for name, slowed := range map[string]*results.File{
		"self-test":   comparedAt(500*time.Hour, []string{"gate", "--self-test"}, "", 1, 0.8),
		"by its name": comparedAt(500*time.Hour, []string{"ab", "b:handicap=20%"}, "a build, handicap 20 %", 0.8),
	} {
		var files []*results.File
		for i := range 12 {
			files = append(files, comparedAt(time.Duration(i)*time.Hour, []string{"gate"}, "handicapped-by-name", 1))
		}
		h := historyOf(t, append(files, slowed), HistoryOptions{})
		if s := seriesOf(t, h, ours); len(s.Points) != 12 || s.Gone != nil || h.Verdict() != results.VerdictSame {
			t.Errorf("%s: %d points, gone %+v, verdict %s", name, len(s.Points), s.Gone, h.Verdict())
		}
		if diff := cmp.Diff([]LeftOut{{"", SlowedOnPurpose}}, h.LeftOut); diff != "" {
			t.Errorf("%s: left out (-want +got):\n%s", name, diff)
		}
	}
}

// TestHistoryAfterAnEmptyRun: a run that ended before its first trial is no reason to pass.
func TestHistoryAfterAnEmptyRun(t *testing.T) {
	empty := fixture.File(fixture.Host())
	empty.Host.Time = fixture.Start.Add(2000 * time.Hour)
	h := historyOf(t, append(runsOf(10, 1, steady), empty), HistoryOptions{})
	if s := seriesOf(t, h, ours); s.Gone == nil || h.Verdict() != results.VerdictInconclusive {
		t.Errorf("gone %+v, verdict %s", s.Gone, h.Verdict())
	}
}
