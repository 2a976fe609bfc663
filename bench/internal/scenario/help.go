package scenario

import (
	"fmt"
	"strings"
)

// helpWidth is how many columns the values of a key and its default may have together on one line.
const helpWidth = 102

// Help lists the keys for a help text: doc, allowed values and default of each.
func Help() string {
	var b strings.Builder
	usual := usual()
	for _, k := range keys {
		fmt.Fprintf(&b, "  %-9s %s\n", k.name, k.doc)
		values, initial := k.values(), fmt.Sprintf("(default %s%s)", k.initial(&usual), restriction(k))
		if len(values)+len(initial) > helpWidth {
			fmt.Fprintf(&b, "  %-9s   %s\n", "", k.allowed)
			values = strings.TrimLeft(strings.TrimPrefix(values, k.allowed), "; ,")
		}
		fmt.Fprintf(&b, "  %-9s   %s\n", "", strings.TrimSpace(values+"  "+initial))
	}
	fmt.Fprintf(&b, "  %sNAME  %s\n  %-9s   %s\n", SysctlPrefix, sysctlDoc, "", sysctlAllowed)
	return b.String()
}

// usual is the scenario of no words.
func usual() Scenario {
	all, err := Parse(nil)
	if err != nil {
		panic(err) // a default that is not allowed
	}
	return all[0]
}

// restriction says when a key applies, if not always.
func restriction(k key) string {
	if why := k.applies(&Scenario{}); why != "" {
		return "; " + why
	}
	return ""
}
