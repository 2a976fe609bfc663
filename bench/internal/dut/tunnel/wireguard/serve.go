package wireguard

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// Ready is what an end prints when its device is up.
const Ready = "wireguard end is up"

// Serve is an end, as its Config in JSON says, until ctx is done. It prints Ready when its device is up.
func Serve(ctx context.Context, config string, stdout io.Writer) error {
	var cfg Config
	if err := json.Unmarshal([]byte(config), &cfg); err != nil {
		return fmt.Errorf("read configuration of the WireGuard end: %w", err)
	}
	return Run(ctx, cfg, func() error {
		_, err := fmt.Fprintln(stdout, Ready)
		return err
	})
}
