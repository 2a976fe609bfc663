package browser

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"tunbench/results"
)

// pictureOf is a result file whose page becomes the pictures of the README, in light and in dark colors:
//
//	go test ./results/report/browser -run Pictures -update-pictures "$PWD/results/baselines/host-default.jsonl"
var pictureOf = flag.String("update-pictures", "", "make the pictures of the README from this result `file`")

// pictures is where they are.
var pictures = filepath.Join("..", "pictures")

// TestPicturesUpdate makes the pictures where it was asked to.
func TestPicturesUpdate(t *testing.T) {
	if *pictureOf == "" {
		t.Skip("makes the pictures of the README with -update-pictures FILE")
	}
	read, err := results.ReadFile(*pictureOf)
	if err != nil {
		t.Fatal(err)
	}
	const most = 200_000
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx := browserOf(t)
	do(t, ctx, chromedp.Navigate(file(t, "picture", read)))
	for _, m := range modes()[:2] {
		m.width, m.height = 860, 1180
		m.emulate(t, ctx)
		picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if len(picture) > most {
			t.Errorf("%s: the picture has %d bytes, want at most %d", m.name, len(picture), most)
		}
		if err := os.WriteFile(filepath.Join(pictures, "report-"+m.name+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
