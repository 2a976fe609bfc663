package results_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestReadSchema1: a file of schema 1, which nothing writes any more, can still be read.
func TestReadSchema1(t *testing.T) {
	got, err := results.ReadFile("testdata/schema1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	want := fixture.File(hostBeforeSchema4(), fixture.Schema1Trial(t), results.Trial{Scenario: "dut=veth/size=64", Start: fixture.Start}, fixture.End(2))
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("schema 1 (-want +got):\n%s", diff)
	}
}

// TestReadGolden: of all records, the end counts the trials only. A file of schema 3 has the same but for gates, tunnels, warnings and guests of trials, versions of generators, the CPUs
// allowed and emulation, one of schema 2 but for comparisons and sweeps as well.
func TestReadGolden(t *testing.T) {
	all := fixture.File(fixture.Records(t)...)
	readsAs(t, "testdata/schema4.jsonl", all)
	all.Gates, all.Comparisons[0].NothingRounds, all.Comparisons[0].UnmeasuredRounds = nil, 0, 0
	all.Host, all.Trials[0] = hostBeforeSchema4(), beforeSchema4(all.Trials[0])
	readsAs(t, "testdata/schema3.jsonl", all)
	all.Comparisons, all.Sweeps = nil, nil
	all.Trials[0] = beforeSchema3(all.Trials[0])
	all.Searches[0].Host.LongestPauseNs = nil
	readsAs(t, "testdata/schema2.jsonl", all)
}

// beforeSchema4 takes away what a trial did not have then.
func beforeSchema4(t results.Trial) results.Trial {
	dut, sender := *t.DUT, *t.Sender
	dut.Skips, dut.External, sender.Version = nil, nil, ""
	t.DUT, t.Sender, t.Warnings, t.Tunnel, t.Guest = &dut, &sender, nil, nil, nil
	return t
}

// beforeSchema3 takes away what a trial did not have then.
func beforeSchema3(t results.Trial) results.Trial {
	dut, cpu := *t.DUT, *t.CPU
	dut.Program, cpu.DistanceNs = "", nil
	t.Series, t.DUT, t.CPU, t.IntakeRatio = 0, &dut, &cpu, nil
	return t
}

// hostBeforeSchema4 is the sample without what was added later.
func hostBeforeSchema4() results.Host {
	h := fixture.Host()
	h.CPUsAllowed = ""
	return h
}

// readsAs adds a bare trial to what is wanted.
func readsAs(t *testing.T, path string, wanted *results.File) {
	t.Helper()
	got, err := results.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := *wanted
	want.Add(results.Trial{Scenario: "dut=veth/size=64", Start: fixture.Start})
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0].Text, "speaks of 1 trial, the file has 2") {
		t.Errorf("warnings %v", got.Warnings)
	}
	if diff := cmp.Diff(&want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(results.File{}, "Warnings")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

const (
	hostLine  = `{"schema":1,"record":"host","time":"2026-05-04T12:30:00Z"}` + "\n"
	trialLine = `{"schema":1,"record":"trial","scenario":"s","round":0,"start":"2026-05-04T12:30:00Z"}` + "\n"
	endLine   = `{"schema":1,"record":"end","time":"2026-05-04T12:30:00Z","status":"completed","trials":1}` + "\n"
)

func TestReadWarnings(t *testing.T) {
	const noEnd, torn = "no end record", "torn"
	tests := []struct {
		name, text string
		trials     int
		warnings   []string
	}{
		{"whole", hostLine + trialLine + endLine, 1, nil},
		{"no end", hostLine + trialLine, 1, []string{noEnd}},
		{"host only", hostLine, 0, []string{noEnd}},
		{"half a line", hostLine + trialLine + trialLine[:20], 1, []string{torn, noEnd}},
		{"no newline", hostLine + trialLine + strings.TrimSpace(trialLine), 1, []string{torn, noEnd}},
		{"nonsense at the end", hostLine + trialLine + "\x00\x00\x00\n", 1, []string{torn, noEnd}},
		{"an empty line at the end", hostLine + trialLine + endLine + "\n", 1, nil},
		{"empty lines everywhere", "\n\r\n" + hostLine + "\n" + trialLine + " \n\n" + endLine + "\n\n \t", 1, nil},
		{"half a line, then empty ones", hostLine + trialLine + trialLine[:20] + "\n\n", 1, []string{torn, noEnd}},
		{"a byte order mark", "\ufeff" + hostLine + trialLine + endLine, 1, nil},
		{"line ends of Windows", strings.ReplaceAll(hostLine+trialLine+endLine, "\n", "\r\n"), 1, nil},
		{"trials missing", hostLine + endLine, 0, []string{"speaks of 1 trial,"}},
		{"unknown field", strings.Replace(hostLine, "{", `{"colour":"red",`, 1) + trialLine + endLine, 1, nil},
		{"long line", hostLine + strings.Replace(trialLine, `"s"`, `"`+strings.Repeat("s", 1<<20)+`"`, 1) + endLine, 1, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file, err := results.Read(strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if len(file.Trials) != test.trials || len(file.Warnings) != len(test.warnings) {
				t.Fatalf("%d trials, warnings %v; want %d, %q", len(file.Trials), file.Warnings, test.trials, test.warnings)
			}
			for i, want := range test.warnings {
				if !strings.Contains(file.Warnings[i].Text, want) {
					t.Errorf("warning %q, want %q", file.Warnings[i], want)
				}
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	newer := strings.Replace(trialLine, `"schema":1`, `"schema":7`, 1)
	tests := []struct {
		name, text string
		line       int
		want       error  // in its tree; nil if only the text counts
		text2      string // in its text
	}{
		{"empty file", "", 1, results.ErrHostFirst, "empty"},
		{"half a host record", hostLine[:30], 1, results.ErrHostFirst, "torn"},
		{"a trial first", trialLine + hostLine, 1, results.ErrHostFirst, ""},
		{"empty lines only", "\n\n", 1, results.ErrHostFirst, "empty"},
		{"two host records", hostLine + trialLine + hostLine, 3, results.ErrHostTwice, "another result file begins"},
		{"two files in one", hostLine + trialLine + endLine + hostLine + trialLine + endLine, 4, results.ErrEnded, "another result file begins"},
		{"a record after the end", hostLine + trialLine + endLine + trialLine, 4, results.ErrEnded, "another run"},
		{"the line is counted with empty ones", "\n" + hostLine + "\n\n" + trialLine[:20] + "\n" + trialLine, 5, results.ErrForeign, ""},
		{"UTF-16, little-endian", "\xff\xfe{\x00", 1, results.ErrForeign, "UTF-16"},
		{"UTF-16, big-endian", "\xfe\xff\x00{", 1, results.ErrForeign, "UTF-16"},
		{"UTF-16 without a mark", "{\x00\"\x00", 1, results.ErrForeign, "UTF-16"},
		{"gzip", "\x1f\x8b\x08\x00", 1, results.ErrForeign, "gunzip"},
		{"JSON over several lines", "{\n  \"schema\": 3\n}\n", 1, results.ErrForeign, "jq -c"},
		{"nonsense in the middle", hostLine + trialLine[:20] + "\n" + trialLine, 2, results.ErrForeign, ""},
		{"JSON of someone else", `{"name":"x"}` + "\n" + hostLine, 1, results.ErrForeign, ""},
		{"JSON of someone else at the end", hostLine + `{"name":"x"}` + "\n", 2, results.ErrForeign, ""},
		{"a number", "42\n" + hostLine, 1, results.ErrForeign, ""},
		{"schema 0", strings.Replace(hostLine, ":1", ":0", 1), 1, results.ErrForeign, ""},
		{"unknown record", hostLine + `{"schema":1,"record":"song"}` + "\n", 2, results.ErrForeign, "song"},
		{"a field of another type", hostLine + strings.Replace(trialLine, `"s"`, "5", 1), 2, nil, "scenario"},
		{"newer schema", hostLine + trialLine + newer, 3, nil, "schema 7, newer than 4"},
		{"newer schema first", strings.Replace(hostLine, ":1", ":5", 1), 1, nil, "schema 5, newer than 4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := results.Read(strings.NewReader(test.text))
			var line *results.LineError
			if !errors.As(err, &line) || line.Line != test.line {
				t.Fatalf("Read = %v, want an error in line %d", err, test.line)
			}
			if test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text2) {
				t.Errorf("Read = %v, want %v with %q", err, test.want, test.text2)
			}
			var schema *results.SchemaError
			if newer := strings.HasPrefix(test.name, "newer"); errors.As(err, &schema) != newer {
				t.Errorf("Read = %v; a SchemaError: %v, want %v", err, !newer, newer)
			}
		})
	}
}

func TestReadFails(t *testing.T) {
	broken := errors.New("broken disk")
	if _, err := results.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("Read = %v, want the reader's error", err)
	}
	if _, err := results.ReadFile("testdata/no such file"); err == nil {
		t.Error("ReadFile of nothing succeeds")
	}
}

// TestReadTorn: a file cut off at any byte after its host record reads as the whole lines before the cut.
func TestReadTorn(t *testing.T) {
	whole := hostLine + trialLine + trialLine + endLine
	for cut := len(hostLine); cut < len(whole); cut++ {
		file, err := results.Read(strings.NewReader(whole[:cut]))
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if want := strings.Count(whole[:cut], "\n") - 1; len(file.Trials) != want {
			t.Fatalf("cut at %d: %d trials, want %d", cut, len(file.Trials), want)
		}
	}
}

// FuzzRead: what can be read can be written, and reads back the same.
func FuzzRead(f *testing.F) {
	f.Add([]byte(encodeAll(f, fixture.Records(f)...)))
	f.Add([]byte(encodeAll(f, fixture.Host(), results.Trial{Scenario: "s", Traffic: results.Traffic{LossRatio: new(0.0)}}, fixture.End(1))))
	f.Add([]byte(hostLine + trialLine + endLine))
	f.Add([]byte(hostLine + trialLine[:9] + "\n" + trialLine))
	f.Add([]byte(hostLine + "{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := results.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		written := encodeAll(t, fixture.RecordsOf(file)...)
		again, err := results.Read(strings.NewReader(written))
		if err != nil {
			t.Fatalf("own output: %v\n%s", err, written)
		}
		if rewritten := encodeAll(t, fixture.RecordsOf(again)...); rewritten != written {
			t.Errorf("written\n%s\nafter reading it\n%s", written, rewritten)
		}
	})
}

// TestHeaderInAnyOrder: a line whose fields another program has put in another order is the same record.
func TestHeaderInAnyOrder(t *testing.T) {
	other := strings.NewReplacer(`{"schema":1,"record":"trial",`, `{ "record": "trial", "schema": 1, `, `{"schema":1,"record":"end",`, `{"status":"completed","schema":1,"record":"end",`)
	as, err := results.Read(strings.NewReader(hostLine + trialLine + endLine))
	if err != nil {
		t.Fatal(err)
	}
	got, err := results.Read(strings.NewReader(hostLine + other.Replace(trialLine+endLine)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(as, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	torn := strings.Replace(trialLine, `"s"`, `"s`, 1)
	if _, err := results.Read(strings.NewReader(hostLine + torn + endLine)); !errors.Is(err, results.ErrForeign) {
		t.Errorf("a line that is no JSON: %v", err)
	}
}
