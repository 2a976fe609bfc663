package conform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/offload/offloadtest"
)

// MinMTU is the least MTU of IPv6 (RFC 8200, section 5), which the packets of a case have in all
// settings.
const MinMTU = 1280

// Suite is cases to be run on settings.
type Suite struct {
	Settings []scenario.Scenario
	Cases    []Case
	Oracle   *Oracle // says what is right

	DUT      func(scenario.Scenario) (dut.Kind, error) // finds the device under test
	Starting func(setting string, c Case)              // is told of each case before it begins
	Record   func(Result) error                        // is told of each result

	patience time.Duration // how long nothing may arrive before what is missing is lost; 0: as long as the slowest machine needs
	restarts int           // how often the case restarts starts a program again; 0: as often as it says
}

// Run runs all cases on all settings. The error is one of the host, of Record or of ctx: a
// case that fails is a Result.
func (s *Suite) Run(ctx context.Context) error {
	for _, setting := range s.Settings {
		if err := s.runSetting(ctx, setting); err != nil {
			return err
		}
	}
	return nil
}

// workplace is where the cases of one setting are run: a room that is opened when it is
// needed, and anew when a case has spoiled it.
type workplace struct {
	setting scenario.Scenario
	kind    dut.Kind
	answers map[string][][]byte
	room    *room // nil when there is none
	closed  int   // how often in a row no room could be opened

	patience time.Duration
	restarts int
}

// attempts is how often a program may fail to start before it is not tried any more.
const attempts = 2

func (s *Suite) runSetting(ctx context.Context, setting scenario.Scenario) (err error) {
	w := &workplace{setting: setting, patience: cmp.Or(s.patience, patience), restarts: cmp.Or(s.restarts, restartTimes)}
	if w.kind, err = s.DUT(setting); err != nil {
		return err
	}
	if w.answers, err = s.Oracle.ask(ctx, setting, s.Cases); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.leave()) }()
	if err := w.enter(ctx); host.Cannot(err) {
		return err
	}
	for _, c := range s.Cases {
		s.Starting(Title(setting), c)
		result := w.result(ctx, c)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := s.Record(result); err != nil {
			return err
		}
	}
	return nil
}

// result runs a case, and one that fails a second time in a room of its own: what a machine
// did once, a program need not do again.
func (w *workplace) result(ctx context.Context, c Case) Result {
	start := time.Now()
	result := Result{Setting: Title(w.setting), Case: c.String(), Outcome: Passed}
	if why := c.refuses(w.setting); why != "" {
		result.Outcome, result.Reason = NotApplicable, why
		return result
	}
	figures, err := w.try(ctx, c)
	result.Figures = figures
	if missing := notApplicable(""); errors.As(err, &missing) {
		result.Outcome, result.Reason = NotApplicable, string(missing)
	} else if err != nil {
		result.fail(err, w.setting)
		if _, err := w.try(ctx, c); err != nil {
			result.Again = Failed
		} else {
			result.Again = Passed
		}
	}
	result.Seconds = time.Since(start).Seconds()
	return result
}

// try runs a case once and leaves a room that is as good as new, or none.
func (w *workplace) try(ctx context.Context, c Case) (figures map[string]float64, err error) {
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	if err := w.room.drain(); err != nil {
		return nil, errors.Join(err, w.leave())
	}
	w.room.figures = map[string]float64{}
	run := c.run
	if run == nil {
		run = func(ctx context.Context, r *room) error { return r.compare(ctx, c) }
	}
	err = run(ctx, w.room)
	figures = w.room.figures
	if err != nil || c.spoils {
		err = errors.Join(err, w.leave())
	}
	return figures, err
}

// enter opens a room, if there is none.
func (w *workplace) enter(ctx context.Context) (err error) {
	switch {
	case w.room != nil:
		return nil
	case w.closed >= attempts:
		return &offloadtest.Finding{Kind: Stopped, Why: "the program does not start, see the cases before"}
	}
	if w.room, err = openRoom(ctx, w.setting, w.kind, w.answers, w.patience, w.restarts); err == nil {
		w.closed = 0
		return nil
	}
	w.closed++
	if host.Cannot(err) {
		return err
	}
	return &offloadtest.Finding{Kind: Stopped, Why: fmt.Sprintf("the program does not start: %v", err)}
}

// leave closes the room, if there is one.
func (w *workplace) leave() error {
	if w.room == nil {
		return nil
	}
	err := w.room.close()
	w.room = nil
	return err
}

// titleKeys are the settings that matter to a check, in the order of its title.
var titleKeys = []string{"dut", "topo", "dev", "vnet", "offload", "queues", "engine", "gso", "gro", "steer", "intake", "follow", "batch", "spin", "mtu", "txqlen", "qdisc", "pin"}

// Title names a setting by what matters to a check.
func Title(s scenario.Scenario) string {
	title := ""
	for _, key := range titleKeys {
		if value, ok := s.Value(key); ok && value != string(scenario.Direct) {
			title += "/" + key + "=" + value
		}
	}
	sysctls := s.Sysctls.Values()
	for _, name := range slices.Sorted(maps.Keys(sysctls)) {
		title += "/" + scenario.SysctlPrefix + name + "=" + sysctls[name]
	}
	return strings.TrimPrefix(title, "/")
}
