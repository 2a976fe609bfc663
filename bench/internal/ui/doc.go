// Package ui is what a person at a terminal sees while a measurement runs.
// Everything here is silent when nobody watches.
package ui
