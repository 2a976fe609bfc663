// Package layout is what a page of paragraphs and tables looks like on a terminal of some width and in Markdown. It knows nothing of what the
// tables show.
//
// A table is rows of any type in a [Group], and a [Column] for each thing that a cell says about a row. [Tabulate] leaves out columns without
// anything in them and, where a terminal is narrow, those that matter least; it returns the columns that are shown, so that [Explained] can
// keep to them in the legend.
package layout
