// Package shards handles the result files of a plan that many machines measured. A shard is the file of one machine, see [results.Shard]. The
// package writes a shard into a log ([WriteFrame]) and gets it back out of one ([ReadFrames]), reads files and logs alike ([Read]), checks that
// they belong together ([NewMerged]), and writes them into one merged file ([Merged.Write]). It never looks at a figure.
package shards
