// Package gate decides whether a candidate may pass: it has each scenario compared by whoever can measure it, has what looks worse compared
// again, and writes what came of it for people and for machines. It measures nothing itself.
package gate
