// Package fleet measures one plan on many machines: it renders what an engine takes (Slurm, Kubernetes, ssh), drives the engine's own client, and
// collects what the shards of the plan have written. It is no scheduler: the engine decides when and where a shard runs.
package fleet
