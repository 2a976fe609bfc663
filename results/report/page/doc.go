// Package page makes an HTML page of result files: a verdict in one sentence, a chart of whatever they hold with its table, and the host. It chooses what is
// shown and how it is called; figures are package analysis's, sentences those of package report, and drawings those of package chart.
//
// A page is one file. Its Content-Security-Policy allows no request to anywhere, only the style sheet and the script in it, by their hashes. The script sorts,
// filters and shows tips; without it everything can be read. A section of the page is a file here, and [Write] has their order.
package page
