package plain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Ready is what an end prints when it forwards.
const Ready = "tunnel end forwards"

// Serve is an end, as its Config in JSON says, until ctx is done. It prints Ready to stdout when it forwards, and in the end to
// stderr what it dropped.
func Serve(ctx context.Context, config string, stdout, stderr io.Writer) error {
	var cfg Config
	if err := json.Unmarshal([]byte(config), &cfg); err != nil {
		return fmt.Errorf("read configuration of the tunnel end: %w", err)
	}
	end, err := Open(cfg)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, Ready); err != nil {
		return errors.Join(err, end.Close())
	}
	err = end.Run(ctx)
	lost := end.Lost()
	for _, reason := range slices.Sorted(maps.Keys(lost)) {
		fmt.Fprintf(stderr, "lost %d packets: %s\n", lost[reason], reason)
	}
	return errors.Join(err, end.Close())
}
