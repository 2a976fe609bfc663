package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSweep(t *testing.T) {
	for _, test := range []struct {
		words   string
		design  Design
		knobs   []Knob
		cells   int
		dropped int
	}{
		{"offload=none,all queues=1,2 size=128", DesignFull, []Knob{{"offload", []string{"none", "all"}}, {"queues", []string{"1", "2"}}}, 4, 0},
		{"load=50k,50000,1k", DesignFull, []Knob{{"load", []string{"50000", "1000"}}}, 2, 0},
		{"size=128/ip=6 flows=1,2", DesignFull, []Knob{{"flows", []string{"1", "2"}}}, 2, 0},
		{"sysctl.net.ipv4.tcp_sack=0,1 qdisc=noqueue,fq_codel", DesignFull, []Knob{
			{"sysctl.net.ipv4.tcp_sack", []string{"0", "1"}}, {"qdisc", []string{"noqueue", "fq_codel"}},
		}, 4, 0},
		// What does not apply makes no cells of its own.
		{"dut=forwarder,veth queues=1,2", DesignFull, []Knob{{"dut", []string{"forwarder", "veth"}}, {"queues", []string{"1", "2"}}}, 3, 0},
		// What breaks a rule is left out.
		{"vnet=on,off offload=none,tso,all", DesignFull, []Knob{{"vnet", []string{"on", "off"}}, {"offload", []string{"none", "tso", "all"}}}, 4, 2},
		{"dev=tun,tap sink=tcx,xdp", DesignPairwise, []Knob{{"dev", []string{"tun", "tap"}}, {"sink", []string{"tcx", "xdp"}}}, 3, 1},
		{"offload=none,tso,all queues=1,2 flows=1,8 txqlen=200,1000 dev=tun,tap", DesignPairwise, []Knob{
			{"offload", []string{"none", "tso", "all"}},
			{"queues", []string{"1", "2"}},
			{"flows", []string{"1", "8"}},
			{"txqlen", []string{"200", "1000"}},
			{"dev", []string{"tun", "tap"}},
		}, 7, 0},
	} {
		t.Run(test.words, func(t *testing.T) {
			s, err := ParseSweep(strings.Fields(test.words), test.design)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.knobs, s.Knobs); diff != "" {
				t.Errorf("knobs (-want +got):\n%s", diff)
			}
			if len(s.Scenarios) != test.cells || s.Dropped != test.dropped || (s.Why != nil) != (test.dropped > 0) {
				t.Errorf("%d cells, %d dropped (%v); want %d, %d", len(s.Scenarios), s.Dropped, s.Why, test.cells, test.dropped)
			}
		})
	}
}

func TestParseSweepErrors(t *testing.T) {
	for _, test := range []struct {
		words  string
		design Design
		says   []string
	}{
		{"", DesignFull, []string{"two values", "offload=none,all"}},
		{"size=64 flows=1", DesignFull, []string{"two values"}},
		{"load=50k,50000", DesignFull, []string{"two values"}},
		{"queues=1,two", DesignFull, []string{"queues=two", "1..256"}},
		{"vnet=off offload=tso,all", DesignFull, []string{"offload=tso", "vnet header"}},
		{"dut=veth,route queues=1,2", DesignFull, []string{"queues=1", "dut=forwarder"}},
		{"size=64,128 proto=udp/ip=4", DesignFull, []string{"before"}},
		{"ip=4/size=64 ip=6/size=64 flows=1,2", DesignFull, []string{"one scenario"}},
		{"sysctl.vm.swappiness=1,2", DesignFull, []string{"never touched"}},
		{"size=64,128", "pairs", []string{"--design pairs", "full, pairwise"}},
		{"flows=" + numbers(101) + " txqlen=" + numbers(100), DesignFull, []string{"more than 10000"}},
		{"flows=" + numbers(1001) + " txqlen=" + numbers(100), DesignPairwise, []string{"more than 100000"}},
	} {
		_, err := ParseSweep(strings.Fields(test.words), test.design)
		var usage *UsageError
		if !errors.As(err, &usage) {
			t.Errorf("ParseSweep(%.50q) = %v, want a UsageError", test.words, err)
			continue
		}
		for _, word := range test.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("ParseSweep(%.50q) = %v, want %q in it", test.words, err, word)
			}
		}
	}
}

// numbers is a list from 1 to n.
func numbers(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = strconv.Itoa(i + 1)
	}
	return strings.Join(list, ",")
}

// TestShuffled: each round has all cells, in an order of its own that depends on the seed only.
func TestShuffled(t *testing.T) {
	cells := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	orders := map[string]bool{}
	for _, seed := range []uint64{1, 2} {
		for round := range 3 {
			order := Shuffled(cells, seed, round)
			if again := Shuffled(cells, seed, round); !slices.Equal(order, again) {
				t.Errorf("seed %d, round %d: %v and then %v", seed, round, order, again)
			}
			orders[fmt.Sprint(order)] = true
			if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, cells) {
				t.Errorf("seed %d, round %d: %v", seed, round, order)
			}
		}
	}
	if len(orders) != 6 {
		t.Errorf("%d different orders of 6", len(orders))
	}
}
