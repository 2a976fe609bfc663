// Package campaign does the work of tunbench's commands. It takes a [Plan], fits its scenarios to this host, calibrates the tester, measures
// in order, writes each record as soon as it is made, and closes the result file also after an error or Ctrl-C. Each kind of work is one small
// file; the flow of all of them is campaign.go.
package campaign
