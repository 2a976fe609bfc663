// Package doctor tries what tunbench needs of this host, and looks for what distorts
// a measurement here: it makes the table of `tunbench doctor`. It only reads and
// tries; it changes nothing.
package doctor
