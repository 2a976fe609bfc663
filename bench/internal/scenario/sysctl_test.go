package scenario

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSysctls(t *testing.T) {
	for _, test := range []struct {
		name  string
		words []string
		want  []string // as in TestParse
	}{
		{"one", []string{"sysctl.net.ipv4.tcp_sack=0"}, []string{"sysctl.net.ipv4.tcp_sack=0"}},
		{"a list", []string{"sysctl.net.ipv4.tcp_sack=0,1"}, []string{"sysctl.net.ipv4.tcp_sack=0", "sysctl.net.ipv4.tcp_sack=1"}},
		{"sorted, whatever the order", []string{"sysctl.net.ipv4.tcp_sack=0", "sysctl.net.core.optmem_max=9000"}, []string{"sysctl.net.core.optmem_max=9000 sysctl.net.ipv4.tcp_sack=0"}},
		{"numbers", []string{"sysctl.net.ipv4.tcp_rmem=4096 131072\t6291456"}, []string{"sysctl.net.ipv4.tcp_rmem=4096+131072+6291456"}},
		{"the same in two spellings", []string{"sysctl.net.ipv4.tcp_rmem=4096 8192 9000,4096+8192+9000"}, []string{"sysctl.net.ipv4.tcp_rmem=4096+8192+9000"}},
		{"a word overrides a name", []string{"sysctl.net.ipv4.tcp_sack=0/size=128", "sysctl.net.ipv4.tcp_sack=1"}, []string{"size=128 sysctl.net.ipv4.tcp_sack=1"}},
		{"of any device under test", []string{"dut=veth/size=64", "dut=forwarder", "sysctl.net.ipv4.conf.tb0.accept_local=1"}, []string{"sysctl.net.ipv4.conf.tb0.accept_local=1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			scenarios, err := Parse(test.words)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range scenarios {
				got = append(got, difference(s))
				if again, err := Parse([]string{s.Name()}); err != nil || again[0] != s {
					t.Errorf("Parse(%q) = %+v, %v", s.Name(), again, err)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", test.words, diff)
			}
		})
	}
}

func TestSysctlValues(t *testing.T) {
	s := parseOne(t, "sysctl.net.ipv4.tcp_rmem=4096+131072+6291456 sysctl.net.ipv4.tcp_congestion_control=reno")
	want := map[string]string{"net.ipv4.tcp_rmem": "4096 131072 6291456", "net.ipv4.tcp_congestion_control": "reno"}
	if diff := cmp.Diff(want, s.Sysctls.Values()); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if got := parseOne(t, "").Sysctls.Values(); len(got) > 0 {
		t.Errorf("values of none: %v", got)
	}
}

func TestSysctlErrors(t *testing.T) {
	for _, test := range []struct{ words, word, reason, allowed string }{
		{"sysctl.vm.swappiness=1", "sysctl.vm.swappiness=1", "never touched", "below net."},
		{"sysctl.kernel.sched_rt_runtime_us=1,2", "sysctl.kernel.sched_rt_runtime_us=1,2", "set it there", "below net."},
		{"sysctl.net=1", "sysctl.net=1", "outside net.", "tcp_rmem"},
		{"sysctl.net.ipv4=1", "sysctl.net.ipv4=1", "not the name", "tcp_rmem"},
		{"sysctl.net..=1", "sysctl.net..=1", "not the name", "tcp_rmem"},
		{"sysctl.net.ipv4.tcp_sack", "sysctl.net.ipv4.tcp_sack", "no value", "+"},
		{"sysctl.net.ipv4.tcp_sack=", "sysctl.net.ipv4.tcp_sack=", "not an allowed value", "+"},
		{"sysctl.net.ipv4.tcp_sack=1,", "sysctl.net.ipv4.tcp_sack=", "not an allowed value", "+"},
		{"sysctl.net.ipv4.tcp_sack=\x1b", "sysctl.net.ipv4.tcp_sack=\x1b", "not an allowed value", "+"},
		{"sysctl.net.ipv4.tcp_sack=a=b", "sysctl.net.ipv4.tcp_sack=a=b", "not an allowed value", "+"},
		{"sysctl.net.ipv4.tcp_sack=1/2", "sysctl.net.ipv4.tcp_sack=1/2", "cannot hold a '/'", "+"},
		{"sysctl.net.ipv4.tcp_sack=1 sysctl.net.ipv4.tcp_sack=0", "sysctl.net.ipv4.tcp_sack=0", "twice", "VALUE1,VALUE2"},
		{"sysctl=1", "sysctl=1", "no such key", "sysctl.NAME"},
	} {
		_, err := Parse(strings.Fields(test.words))
		var usage *UsageError
		if !errors.As(err, &usage) || usage.Word != test.word || !strings.Contains(usage.Reason, test.reason) || !strings.Contains(usage.Allowed, test.allowed) {
			t.Errorf("Parse(%q) = %v; want word %q, reason %q, allowed %q", test.words, err, test.word, test.reason, test.allowed)
		}
	}
	if _, _, err := ParseArms([]string{"a:sysctl.net.ipv4.tcp_sack=1/2"}); err == nil || !strings.Contains(err.Error(), "cannot hold") {
		t.Errorf("ParseArms = %v", err)
	}
}
