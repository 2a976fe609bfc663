package gate

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"tunbench/bench/internal/junit"
	"tunbench/results"
)

func TestMarkdown(t *testing.T) {
	for name, r := range map[string]Report{
		"troubled": troubled(),
		"passed": reportOf(DefaultThresholds(), Scenario{Name: small, Series: []Series{seriesOf(map[results.Metric]results.Verdict{
			results.MetricForwarded: results.VerdictSame, results.MetricDUTCost: results.VerdictBetter,
		})}}),
	} {
		got, err := r.Markdown()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".md", got)
	}
}

func TestLines(t *testing.T) {
	golden(t, "troubled.txt", strings.Join(troubled().Lines(), "\n")+"\n")
}

func TestJUnit(t *testing.T) {
	got, err := troubled().JUnit()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "troubled.xml", string(got))
	checkJUnit(t, got)
}

// checkJUnit holds a document against the rules of junit-10.xsd that matter to readers: which element may stand in which, and that the
// counts are those of the cases.
func checkJUnit(t *testing.T, document []byte) {
	t.Helper()
	parents := map[string]string{
		"testsuites": "", "testsuite": "testsuites", "properties": "testsuite", "property": "properties", "testcase": "testsuite",
		"skipped": "testcase", "error": "testcase", "failure": "testcase", "system-out": "testcase",
	}
	var open []string
	seen := map[string]int{}
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			parent := ""
			if len(open) > 0 {
				parent = open[len(open)-1]
			}
			if want, known := parents[token.Name.Local]; !known || want != parent {
				t.Errorf("<%s> in <%s>", token.Name.Local, parent)
			}
			open = append(open, token.Name.Local)
			seen[token.Name.Local]++
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	var read junit.Suites
	if err := xml.Unmarshal(document, &read); err != nil {
		t.Fatal(err)
	}
	if want := (junit.Counts{Tests: seen["testcase"], Failures: seen["failure"], Errors: seen["error"], Skipped: seen["skipped"]}); read.Counts != want {
		t.Errorf("counts %+v, want %+v", read.Counts, want)
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"size=64": "size=64", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(rm -r /)": "'$(rm -r /)'", "git:main~3": "'git:main~3'", "a\nb": "'a b'",
	} {
		if got := quote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
