package browser

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
	"tunbench/results/report/page"
)

// TestPages looks at the page of every kind of file, in every mode, in one browser.
func TestPages(t *testing.T) {
	axeSource := axe(t)
	browser := browserOf(t)
	gallery := fixture.Gallery(t)
	for _, name := range slices.Sorted(maps.Keys(gallery)) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := chromedp.NewContext(browser)
			defer cancel()
			url := file(t, name, gallery[name]...)
			watched := watch(t, ctx, url)
			do(t, ctx, chromedp.Navigate(url))
			eval[chromedp.Void](t, ctx, axeSource)
			for _, m := range modes() {
				m.emulate(t, ctx)
				report(t, m.name, eval[[]string](t, ctx, geometry))
				report(t, m.name+", axe", eval[[]string](t, ctx, fmt.Sprintf(violations, m.rules)))
			}
			modes()[0].emulate(t, ctx)
			keyboard(t, ctx, name)
			report(t, "page", watched.texts)
		})
	}
}

// TestHistoryPage looks at the page of a history in every mode.
func TestHistoryPage(t *testing.T) {
	axeSource := axe(t)
	ctx, cancel := chromedp.NewContext(browserOf(t))
	defer cancel()
	h, err := analysis.NewHistory(fixture.Nights(), nil, analysis.HistoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := page.WriteHistory(&out, h); err != nil {
		t.Fatal(err)
	}
	url := address(t, "history", out.Bytes())
	watched := watch(t, ctx, url)
	do(t, ctx, chromedp.Navigate(url))
	eval[chromedp.Void](t, ctx, axeSource)
	for _, m := range modes() {
		m.emulate(t, ctx)
		report(t, m.name, eval[[]string](t, ctx, geometry))
		report(t, m.name+", axe", eval[[]string](t, ctx, fmt.Sprintf(violations, m.rules)))
	}
	modes()[0].emulate(t, ctx)
	keyboard(t, ctx, "history")
	report(t, "page", watched.texts)
}

// file writes a page and returns its address.
func file(t *testing.T, name string, files ...*results.File) string {
	t.Helper()
	var out bytes.Buffer
	if err := page.Write(&out, files...); err != nil {
		t.Fatal(err)
	}
	return address(t, name, out.Bytes())
}

// address is where a page is once it is written.
func address(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".html")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// report says what is wrong, of much the first.
func report(t *testing.T, where string, wrong []string) {
	t.Helper()
	const shown = 8
	for i, text := range wrong {
		if i == shown {
			t.Errorf("%s: … %d more", where, len(wrong)-shown)
			return
		}
		t.Errorf("%s: %s", where, text)
	}
}

// geometry lists marks outside of their axes, texts that meet a mark or another text, charts without marks, and pages wider than the screen.
const geometry = `(() => {
  const bad = [];
  const box = (e) => e.getBoundingClientRect();
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2.5;
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) bad.push("the page is " + root.scrollWidth + " wide, the screen " + root.clientWidth);
  let charts = 0;
  for (const svg of document.querySelectorAll("svg")) {
    if (!svg.getClientRects().length) continue;
    charts++;
    const name = svg.querySelector("title").textContent;
    if (!svg.getAttribute("aria-label") || svg.getAttribute("role") !== "img") bad.push(name + ": no text in place of the chart");
    const frame = box(svg.querySelector(".frame")), whole = box(svg);
    const marks = [...svg.querySelectorAll(".mark path, .mark rect")].filter((m) => !m.classList.contains("hit"));
    if (!marks.length) bad.push(name + ": no mark");
    const slack = 3;
    for (const m of marks) {
      const b = box(m);
      if (b.left < frame.left - slack || b.right > frame.right + slack || b.top < frame.top - slack || b.bottom > frame.bottom + slack)
        bad.push(name + ": a mark " + m.getAttribute("class") + " outside the axes: " + JSON.stringify([b.left - frame.left, b.right - frame.right, b.top - frame.top, b.bottom - frame.bottom].map(Math.round)));
    }
    const texts = [...svg.querySelectorAll("text.label")].map((e) => ({ e, b: box(e) })).filter((t) => t.b.width > 0);
    for (const [i, t] of texts.entries()) {
      if (t.b.left < whole.left - 2 || t.b.right > whole.right + 2) bad.push(name + ": the text " + t.e.textContent + " is cut");
      for (const u of texts.slice(0, i)) if (meet(t.b, u.b)) bad.push(name + ": the texts " + t.e.textContent + " and " + u.e.textContent + " meet");
      for (const m of marks) if (meet(t.b, box(m))) { bad.push(name + ": the text " + t.e.textContent + " meets a mark"); break; }
    }
  }
  if (!charts && !document.querySelector(".empty")) bad.push("no chart");
  return bad;
})()`

// violations are what axe-core finds.
const violations = `axe.run(document, {resultTypes: ["violations"]%s}).then((r) =>
  r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target + ": " + n.failureSummary)))`

// keyboard reaches everything with the tabulator, sorts, filters, and goes through a chart.
func keyboard(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	const reachable = `[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter((e) => e.checkVisibility({contentVisibilityAuto: true}) && e.getClientRects().length)`
	const watching = `window.reached = new Set(); document.addEventListener("focusin", (e) => reached.add(e.target)); document.activeElement.blur(); `
	for range eval[int](t, ctx, watching+reachable+".length") {
		do(t, ctx, chromedp.KeyEvent(kb.Tab))
	}
	report(t, "not reached by the tabulator", eval[[]string](t, ctx, reachable+".filter((e) => !reached.has(e)).map((e) => e.outerHTML.slice(0, 80))"))
	useIt(t, ctx, name)
}

// useIt goes through a chart by its keys, sorts a table, and filters.
func useIt(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if name == "empty" {
		return
	}
	const tip = `document.querySelector("#tip.on")?.textContent ?? ""`
	focus := func(what string) { eval[chromedp.Void](t, ctx, what+".focus()") }
	press := func(key string) string {
		do(t, ctx, chromedp.KeyEvent(key))
		return eval[string](t, ctx, tip)
	}
	focus(`document.querySelector(".plot")`)
	if first, last, gone := press(kb.ArrowRight), press(kb.End), press(kb.Escape); first == "" || last == "" || gone != "" {
		t.Errorf("arrow keys: the tips are %q, %q and %q, want two and none", first, last, gone)
	}
	eval[chromedp.Void](t, ctx, `document.querySelectorAll("details").forEach((d) => d.open = true)`)
	focus(`document.querySelector("th + th button")`)
	do(t, ctx, chromedp.KeyEvent(kb.Enter))
	if sorted := eval[string](t, ctx, `String(document.activeElement.parentElement.getAttribute("aria-sort"))`); sorted != "ascending" {
		t.Errorf("Enter on the head of a column: sorted %s", sorted)
	}
	focus(`document.getElementById("filter")`)
	do(t, ctx, chromedp.KeyEvent("nothing is called so"))
	if left := eval[int](t, ctx, `[...document.querySelectorAll("[data-key]")].filter((e) => !e.classList.contains("off")).length`); left > 0 {
		t.Errorf("the filter left %d rows", left)
	}
}

// TestTenThousandTrials: a browser opens the page of a very large file and can use it, whether its trials are repeats of few scenarios or one of each; its size is counted,
// the time that it takes is not.
func TestTenThousandTrials(t *testing.T) {
	const most, elements = 5 << 20, 60_000
	browser := browserOf(t)
	for _, scenarios := range []int{20, 10_000} {
		t.Run(fmt.Sprint(scenarios, " scenarios"), func(t *testing.T) {
			ctx, cancel := chromedp.NewContext(browser)
			defer cancel()
			url := file(t, "many", fixture.ManyTrials(scenarios))
			info, err := os.Stat(strings.TrimPrefix(url, "file://"))
			if err != nil || info.Size() > most {
				t.Errorf("%d bytes, %v; want at most %d", info.Size(), err, most)
			}
			watched := watch(t, ctx, url)
			do(t, ctx, chromedp.Navigate(url))
			if n := eval[int](t, ctx, `document.querySelectorAll("*").length`); n > elements {
				t.Errorf("%d elements, want at most %d", n, elements)
			}
			for _, m := range []mode{modes()[0], modes()[2]} { // a screen, and a phone
				m.emulate(t, ctx)
				report(t, m.name, eval[[]string](t, ctx, geometry))
			}
			modes()[0].emulate(t, ctx)
			useIt(t, ctx, "many")
			report(t, "page", watched.texts)
		})
	}
}

// TestHostilePageRunsNothing: the texts of the records stay texts in the browser too.
func TestHostilePageRunsNothing(t *testing.T) {
	ctx := browserOf(t)
	do(t, ctx, chromedp.Navigate(file(t, "hostile", fixture.Gallery(t)["hostile"]...)))
	counts := eval[[]int](t, ctx, `[document.scripts.length, document.images.length, document.querySelectorAll("[onerror]").length]`)
	if fmt.Sprint(counts) != "[1 0 0]" {
		t.Errorf("scripts, images, handlers: %v, want one script", counts)
	}
	text := eval[string](t, ctx, `document.querySelector("h1").textContent`)
	if !strings.Contains(text, "<script>alert(2)</script>") {
		t.Errorf("the verdict lost the host's name: %q", text)
	}
}
