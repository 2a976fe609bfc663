// Package host knows the machine that a measurement runs on: what it is (the
// fingerprint in every result file), whether it can run tunbench at all, its CPUs and
// which of them a thread may use, and what processes on it have used. Package doctor
// judges what is found.
package host
