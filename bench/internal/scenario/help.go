package scenario

import (
	"fmt"
	"strings"
)

// Help lists the keys for a help text: doc, allowed values and default of each, 80 columns at most where the words allow it.
func Help() string {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "  %-9s %s\n", k.name, k.doc)
		fmt.Fprintf(&b, "  %-9s   %s  (default %s%s)\n", "", k.values(), k.initial(&Scenario{}), restriction(k))
	}
	fmt.Fprintf(&b, "  %sNAME  %s\n  %-9s   %s\n", SysctlPrefix, sysctlDoc, "", sysctlAllowed)
	return b.String()
}

// restriction says when a key applies, if not always.
func restriction(k key) string {
	if why := k.applies(&Scenario{}); why != "" {
		return "; " + why
	}
	return ""
}
