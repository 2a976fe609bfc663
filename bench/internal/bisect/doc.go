// Package bisect finds the first commit that is slower than an earlier one, from verdicts that somebody else measures: the
// search of `tunbench bisect`. It knows nothing of git, builds and measurements.
package bisect
