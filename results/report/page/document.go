package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageTemplate string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// document is what the template shows.
type document struct {
	Title, Verdict string
	Empty          string // why there is nothing below
	Files          []fileLine
	Warnings       []string
	Sections       []section
}

// fileLine is one of the files.
type fileLine struct{ Number, Class, Host string }

// section is a heading with what belongs to it.
type section struct {
	ID, Title string
	Facts     []string // what all its rows have in common
	Words     []string // what came out, a sentence each
	Figures   []figure
	Notes     []string // how it is to be read
}

// figure is a chart with its table, or a table alone.
type figure struct {
	ID, Title string
	Note      string
	Wide      template.HTML // for a screen and for print
	Narrow    template.HTML // for a phone
	Table     table
	Open      bool // the table is the chart
}

// table is rows of cells.
type table struct {
	Head  []column
	Rows  []tableRow
	Note  string // what it leaves out
	Class string
}

type column struct {
	Name   string
	Number bool // it is aligned, and sorted, as such
}

type tableRow struct {
	Key   string // what a filter looks at besides the cells
	Cells []cell
}

// cell is a text; Sort is what it is sorted by where that is not the text.
type cell struct {
	Text  string
	Sort  string
	Class string
}

// execute writes a document as a page.
func execute(w io.Writer, d document) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("read template: %w", err)
	}
	return t.Execute(w, struct {
		document
		Policy string
		Style  template.CSS
		Script template.JS
	}{d, policy(pageStyle, pageScript), template.CSS(pageStyle), template.JS(pageScript)})
}

// policy is the Content-Security-Policy: nothing is fetched, and of styles and scripts those of the page only.
func policy(style, script string) string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", hash(style), hash(script))
}

// hash is a source of a Content-Security-Policy (CSP Level 3, section 2.3.1).
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
