// Package program finds the programs that are compared: files as they are, and builds of a source or of a revision of its repository.
package program
