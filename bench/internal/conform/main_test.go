package conform

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/dut/tunnel/plain"
	"tunbench/bench/internal/scenario"
)

// TestMain is also the forwarder, and the end of our own tunnel, that the package dut starts: processes of this same program.
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == "forward":
		err = serveForwarder()
	case len(os.Args) > 2 && os.Args[1] == "tunnel-end":
		err = serveTunnelEnd(os.Args[2])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveTunnelEnd(config string) error {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	return plain.Serve(ctx, config, os.Stdout, os.Stderr)
}

func serveForwarder() error {
	file := os.NewFile(forward.ControlFD, "control")
	conn, err := net.FileConn(file)
	if err != nil {
		return err
	}
	file.Close()
	return forward.Serve(context.Background(), conn, forward.Forwarder)
}

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
}

// parse makes the scenarios of some words.
func parse(t *testing.T, words string) []scenario.Scenario {
	t.Helper()
	scenarios, err := scenario.Parse(strings.Fields(words))
	if err != nil {
		t.Fatal(err)
	}
	return scenarios
}

// matching are the cases of a pattern.
func matching(t *testing.T, pattern string) []Case {
	t.Helper()
	cases, err := Match(Cases(), pattern)
	if err != nil || len(cases) == 0 {
		t.Fatalf("%q: %d cases, %v", pattern, len(cases), err)
	}
	return cases
}

// kernel is the oracle of all tests of this process: the kernel is asked once about each packet.
var kernel Oracle

// run runs cases on settings; the device under test is the settings' own if kind is nil.
func run(t *testing.T, words, pattern string, kind dut.Kind) Report {
	t.Helper()
	return runWith(t, words, pattern, kind, 0)
}

// runWith is run with that patience, 0 for the usual one.
func runWith(t *testing.T, words, pattern string, kind dut.Kind, patience time.Duration) Report {
	t.Helper()
	return runSuite(t, words, pattern, kind, Suite{patience: patience})
}

// runSuite is run with what else a suite says.
func runSuite(t *testing.T, words, pattern string, kind dut.Kind, suite Suite) Report {
	t.Helper()
	requireRoot(t)
	var report Report
	suite = Suite{
		Settings: parse(t, words), Cases: matching(t, pattern), Oracle: &kernel, patience: suite.patience, restarts: suite.restarts,
		DUT: func(s scenario.Scenario) (dut.Kind, error) {
			if kind != nil {
				return kind, nil
			}
			return dut.For(s, dut.Variant{}, nil)
		},
		Starting: func(string, Case) {},
		Record: func(r Result) error {
			report = append(report, r)
			return nil
		},
	}
	if err := suite.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return report
}
