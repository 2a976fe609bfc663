// Package campaign is what a command of tunbench does: it takes a [Plan], makes it what this host can do, calibrates the tester, measures in
// order, keeps every record as it is made, and ends properly whatever happens. Each kind of work is one small file over that one flow.
package campaign
