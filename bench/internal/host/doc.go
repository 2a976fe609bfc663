// Package host knows the machine a measurement runs on: what it is (the
// fingerprint in every result file), what it can do and what on it distorts a
// measurement (doctor), and whether it can run tunbench at all. It only reads
// and tries; it changes nothing.
package host
