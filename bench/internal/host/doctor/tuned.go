package doctor

import (
	"fmt"
	"time"

	"tunbench/bench/internal/host/tune"
)

// tuned says whether `tunbench tune` has changed this host, and whether all of it still holds.
func tuned(status *tune.Status, err error) Check {
	const name = "tune"
	switch {
	case err != nil:
		return unknown(name, "%v", err)
	case status == nil:
		return ok(name, "nothing changed by tunbench tune")
	}
	found := fmt.Sprintf("%d settings changed since %s", status.Changes, status.Since.Format(time.RFC3339))
	if status.Undone > 0 {
		return distorts(name, fmt.Sprintf("%s, %d of them no longer or not yet as tune wants them", found, status.Undone),
			"the host is tuned by half: tune was killed, or somebody else changed a setting", "tunbench tune sets the rest, tunbench reset undoes all")
	}
	return ok(name, found+"; tunbench reset undoes that")
}
