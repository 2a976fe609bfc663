package forward

import (
	"fmt"
	"io"
	"strings"
)

// PrintInterfaces writes what each device is set to, a line per device that begins with the verb.
func PrintInterfaces(w io.Writer, verb string, o Options) {
	for _, s := range o.sides() {
		fmt.Fprintf(w, "%s %v: %s\n", verb, s.Endpoint, strings.Join(s.words(), ", "))
	}
}

// words say what is set, one thing each.
func (i *Interface) words() []string {
	words := []string{"up"}
	if i.Up != nil && !*i.Up {
		words[0] = "down"
	}
	say := func(is bool, format string, args ...any) {
		if is {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	say(i.MTU != 0, "mtu %d", i.MTU)
	say(i.TxQueueLen != 0, "txqlen %d", i.TxQueueLen)
	say(i.MAC != nil, "mac %v", i.MAC)
	say(i.Promiscuous != nil && *i.Promiscuous, "promiscuous")
	say(i.Promiscuous != nil && !*i.Promiscuous, "not promiscuous")
	say(i.Bridge != "", "member of %s", i.Bridge)
	for _, address := range i.Addresses {
		say(true, "address %v", address)
	}
	for _, route := range i.Routes {
		say(true, "route to %v", route)
	}
	say(i.Persistent, "stays afterwards")
	if i.Owner != nil {
		say(true, "owner %d", *i.Owner)
	}
	if i.Group != nil {
		say(true, "group %d", *i.Group)
	}
	return words
}
