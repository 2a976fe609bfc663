package fleet

import (
	"fmt"
	"os"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/shards"
)

// unframe gets the result file of a shard out of what it printed, into the folder. What is not whole is left in the log.
func (f *Folder) unframe(log string, shard int) error {
	in, err := os.Open(log)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	defer in.Close()
	frames, err := shards.ReadFrames(in)
	if err != nil {
		return fmt.Errorf("read log %s: %w", log, err)
	}
	for _, frame := range frames {
		if frame.Err != nil || frame.Hash != f.state.PlanHash || frame.Shard != (campaign.Shard{Index: shard, Of: f.state.Shards}) {
			continue
		}
		name := fmt.Sprintf("%s-%dof%d-log.jsonl", frame.Hash, shard, f.state.Shards)
		if err := replaceFile(f.path(resultsDir, name), frame.Text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
