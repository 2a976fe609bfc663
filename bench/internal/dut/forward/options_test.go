package forward

import "testing"

func TestParseEndpoint(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Endpoint
		ok   bool
	}{
		{"tun0", Endpoint{"", "tun0"}, true},
		{"left:tun0", Endpoint{"/run/netns/left", "tun0"}, true},
		{"/proc/1/ns/net:tun0", Endpoint{"/proc/1/ns/net", "tun0"}, true},
		{"", Endpoint{}, false},
		{"left:", Endpoint{}, false},
		{":tun0", Endpoint{}, false},
	} {
		got, err := ParseEndpoint(tc.in)
		if got != tc.want || (err == nil) != tc.ok {
			t.Errorf("ParseEndpoint(%q) = %+v, %v", tc.in, got, err)
		}
		if tc.ok && got.String() != tc.in {
			t.Errorf("%q reads back as %q", tc.in, got)
		}
	}
}
