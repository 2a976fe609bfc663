// Package faults tries published faults of kernels that spoil what a TUN device carries, in namespaces that are gone
// afterwards. It says whether this kernel has them, whatever its version: mends are ported back.
package faults
