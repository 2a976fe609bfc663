package conform

import (
	"testing"

	"tunbench/bench/internal/scenario"
)

func TestCasesAreNamedAndDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		if c.Doc == "" || seen[c.Name] {
			t.Errorf("%s: no description, or a name that is taken", c)
		}
		if (c.packets == nil) == (c.run == nil) {
			t.Errorf("%s: has both packets and something else to do, or none", c)
		}
		seen[c.Name] = true
	}
}

// TestCasesAreTheSameEachTime: the oracle and the program must see the same packets.
func TestCasesAreTheSameEachTime(t *testing.T) {
	for _, c := range Cases() {
		if c.packets == nil {
			continue
		}
		var frames [2][]frame
		for i := range frames {
			m := newMaker(c.Name, true, 1500)
			c.packets(m)
			frames[i] = m.frames
		}
		if len(frames[0]) == 0 || len(frames[0]) != len(frames[1]) {
			t.Fatalf("%s: %d frames, then %d", c, len(frames[0]), len(frames[1]))
		}
		for i, f := range frames[0] {
			if string(f.bytes) != string(frames[1][i].bytes) {
				t.Errorf("%s: frame %d is another one", c, i)
				break
			}
		}
	}
}

func TestMatch(t *testing.T) {
	for pattern, want := range map[string]int{
		"": len(Cases()), "hostile": len(hostileCases()), "legal/sizes-*": 4, "sizes-udp4": 1, "behaviour/order": 1, "*udp4": 3, "nothing": 0,
	} {
		if got, err := Match(Cases(), pattern); err != nil || len(got) != want {
			t.Errorf("%q: %d cases, %v; want %d", pattern, len(got), err, want)
		}
	}
	if _, err := Match(Cases(), "[x"); err == nil {
		t.Error("a pattern that is none is taken")
	}
}

func TestTitle(t *testing.T) {
	for words, want := range map[string]string{
		"dut=netpoll size=100 proto=udp":                 "dut=netpoll/mtu=1500/txqlen=1000/qdisc=default/pin=on",
		"dut=netpoll pin=off sysctl.net.ipv4.tcp_sack=0": "dut=netpoll/mtu=1500/txqlen=1000/qdisc=default/pin=off/sysctl.net.ipv4.tcp_sack=0",
	} {
		scenarios := parse(t, words)
		if got := Title(scenarios[0]); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
		if again, err := scenario.Parse([]string{want}); err != nil || Title(again[0]) != want {
			t.Errorf("%s is not a scenario's name: %v", want, err)
		}
	}
}
