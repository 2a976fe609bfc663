// Package report shows what is known: words, tables and files in the formats of other tools. Each figure comes from package analysis; a sentence,
// a unit or a heading is written here and nowhere else.
//
// [Table] shows whatever a result file holds, on a terminal or in Markdown, and [FilesTable] two files side by side. [WriteCSV], [WriteGoBench] and
// [WriteHdrLog] write a file for spreadsheets, for benchstat and for viewers of HdrHistogram. [Sentences] puts warnings in words, [Sentence]
// the verdict of a comparison.
//
// How columns are aligned, dropped for want of width, colored and escaped is the business of package layout.
package report
