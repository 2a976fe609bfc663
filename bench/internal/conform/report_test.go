package conform

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"tunbench/bench/internal/junit"
	"tunbench/bench/internal/scenario"
	"tunbench/offload/offloadtest"
)

// made is a report of three cases on two settings.
func made(t *testing.T) Report {
	t.Helper()
	packet, err := hex.DecodeString("450000211a5500004011c44ac6121001c613000130014001000dabcd68656c6c6f")
	if err != nil {
		t.Fatal(err)
	}
	failed := Result{Setting: "dut=x/dev=tun", Case: "legal/a", Again: Passed}
	failed.fail(&offloadtest.Finding{Kind: offloadtest.Changed, Packet: packet, Why: "nobody <sent> this"}, scenario.Scenario{Dev: scenario.TUN})
	return Report{
		failed,
		{Setting: "dut=x/dev=tun", Case: "legal/b", Outcome: NotApplicable, Reason: "needs dev=tap"},
		{Setting: "dut=x/dev=tap", Case: "legal/a", Outcome: Passed, Figures: map[string]float64{"reordered_ratio": 0.25}, Seconds: 1.5},
		{Setting: "dut=x/dev=tap", Case: "legal/b", Outcome: Passed, Seconds: 0.5},
	}
}

func says(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s: no %q in\n%s", what, word, text)
		}
	}
}

func TestText(t *testing.T) {
	says(t, "text", made(t).Text(),
		"dut=x/dev=tun\n", "fail legal/a: changed: nobody <sent> this (it passed when repeated", "450000211a55", "IPv4 198.18.16.1 > 198.19.0.1", "UDP 12289 > 16385",
		"n/a  legal/b: needs dev=tap", "0 passed, 1 failed, 1 not applicable", "pass legal/a: reordered_ratio 0.25", "2 passed, 0 failed, 0 not applicable, in 2.0 s")
}

func TestMarkdown(t *testing.T) {
	says(t, "Markdown", made(t).Markdown(),
		"2 passed, 1 failed, 1 not applicable", "| case | 1 | 2 |", "| legal/a | **fail** | pass |", "| legal/b | n/a | pass |", "1. `dut=x/dev=tun`", "    ")
}

func TestJUnit(t *testing.T) {
	text, err := made(t).JUnit()
	if err != nil {
		t.Fatal(err)
	}
	var read junit.Suites
	if err := xml.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	first := read.Suites[0]
	if len(read.Suites) != 2 || first.Tests != 2 || first.Failures != 1 || first.Skipped != 1 || first.Cases[0].Failure == nil || first.Cases[1].Skipped == nil {
		t.Errorf("%+v", read)
	}
	says(t, "failure", first.Cases[0].Failure.Message+first.Cases[0].Failure.Text, "nobody <sent> this", "450000211a55")
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := made(t)[0].WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"schema": 1.0, "kind": "case", "setting": "dut=x/dev=tun", "case": "legal/a", "outcome": "fail", "again": "pass", "finding": "changed",
	} {
		if read[key] != want {
			t.Errorf("%s is %v, want %v", key, read[key], want)
		}
	}
	if packet, ok := read["packet"].(string); !ok || !strings.HasPrefix(packet, "45000021") || read["duration_s"] == nil {
		t.Errorf("record %s", &out)
	}
}

func TestDecode(t *testing.T) {
	random := newMaker("decode", true, 1500)
	tagged := random.flow(offloadtest.Spec{Version: 6, Protocol: 6, Tags: []byte{0x81, 0, 0, 5}, Extensions: []offloadtest.Extension{offloadtest.HopByHop()}})
	for _, tc := range []struct {
		packet   []byte
		ethernet bool
		says     []string
	}{
		{tagged.Next([]byte("hello"), offloadtest.SYN), true, []string{"Ethernet 02:00:00:00:02:00 > 02:00:00:00:01:00", "VLAN 5", "IPv6 2001:2:0:100:: >", "TCP 12288 > 16384", "flags 0x002"}},
		{[]byte{0x95, 1, 2}, false, []string{"no IP header, 3 bytes"}},
		{nil, false, []string{"0 bytes"}},
		{make([]byte, 14), true, []string{"no IP header"}},
	} {
		says(t, "decoded", decode(tc.packet, tc.ethernet), tc.says...)
	}
}
