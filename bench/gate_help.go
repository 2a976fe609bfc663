package main

import (
	"fmt"
	"slices"
	"strings"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/scenario"
	"tunbench/results/analysis"
)

const gateHelp = `Compare a candidate build of tunbench with a baseline, and say with the exit code
whether it became slower.

A build is given as FILE, a tunbench binary; FOLDER, the source as it stands
there (. is the current folder); or git:REV, a revision of the repository in the
current folder. Source is built with go build ./bench in a temporary folder. The
default candidate is the running program itself.

With --program FILE the gate compares builds of the program that FILE describes:
git:REV is a revision of the repository that FILE lies in, . (the default
candidate) is the files there as they stand. Each build is made in a copy, as the
program file says.

Each scenario is measured as tunbench ab does, A the baseline and B the candidate.
If a required metric is worse, the scenario is measured once more after all
others, in another order. A metric that is worse both times is a regression. One
that is not worse the second time is "not confirmed", and passes; one that the
second series cannot decide is inconclusive. A metric that is shown not to be
worse, but neither same nor better, is "not worse", and passes. Metrics that are
not required are only reported.

The words are those of tunbench run; without words the gate measures the preset
ci, which takes two to four minutes, and one minute more for each scenario that
is measured again.

--thresholds FILE is YAML:

  confidence: 0.95
  rounds: %d
  metrics:
    forwarded_pps: {margin: 3%%}
    latency_ns.p99: {margin: 30%%, required: true}

What the file leaves out has its default. A change within the margin counts as
same. The default margins, with metrics in brackets that are not required:
%s
With --self-test the gate compares the baseline with itself, where it must find
nothing worse, and with itself slowed by %g %%, where it must fail. This takes about
two minutes. If the machine is too noisy to tell, the gate tries once more with
%g %%, and prints both answers.

If no packet arrived in a trial of the candidate, and some did in the baseline's,
the candidate is worse without a second series. If a required metric has no ratio
in a round, because a figure is absent or the baseline's is 0, the gate names the
round, and the metric is inconclusive.

--merged FILE measures nothing: it reads what tunbench merge put together of a plan
that gate --plan-out wrote, and judges all machines. Each machine has its own
verdict. The whole is worse if one machine is; failed if none is worse and the
candidate failed on one; inconclusive if neither, and a machine is inconclusive, came
to no verdict or is missing. A machine on which it is better makes up for nothing.

Exit codes: 0 nothing is worse and every required metric is decided; 1 failure: a
trial of the candidate failed and none of the baseline did, or the self-test
failed, or the run was interrupted; 2 wrong usage; 3 a required metric is worse;
4 none is, but one is inconclusive, nothing required was measured, or a trial of
the baseline failed; 5 this host or user cannot measure. A CI job on a noisy
runner may let 4 pass, and nothing else.`

const gateExamples = `  tunbench gate --baseline git:main             this program against the main branch
  tunbench gate --baseline old/tunbench --candidate new/tunbench size=1400 flows=64
  tunbench gate --baseline git:v1.2 --candidate . --markdown summary.md --junit gate.xml -o gate.jsonl
  tunbench gate --program mine.yaml --baseline git:main --candidate .
  tunbench gate --self-test                     can it fail?
  tunbench gate --merged merged.jsonl --junit gate.xml    of many machines`

// gateHelpText has the thresholds and handicaps as they are.
func gateHelpText() string {
	return fmt.Sprintf(gateHelp, gate.DefaultRounds, metricsHelp(), 100*selfTestHandicaps[0], 100*selfTestHandicaps[1])
}

// gatePresets lists those that a gate measures as they are, and those that want a word more.
func gatePresets() string {
	var whole, others []string
	for _, p := range scenario.Presets() {
		if slices.ContainsFunc(p.Scenarios, func(s scenario.Scenario) bool { return s.DUT != scenario.Forwarder }) {
			others = append(others, p.Name)
		} else {
			whole = append(whole, p.Name)
		}
	}
	return strings.Join(whole, ", ") + "; with the word dut=forwarder also " + strings.Join(others, ", ")
}

// metricsHelp lists what can be required.
func metricsHelp() string {
	var b strings.Builder
	t := gate.DefaultThresholds()
	for _, m := range analysis.ArmMetrics() {
		name := string(m)
		if !t.Requires(m) {
			name = "[" + name + "]"
		}
		fmt.Fprintf(&b, "  %-29s %g%%\n", name, 100*t.Metrics[m].Margin)
	}
	return b.String()
}
