// Package program reads program files, which describe the programs of others, and finds and builds the programs that are compared: a
// file as it is, a folder of source, or a revision of its repository.
package program
