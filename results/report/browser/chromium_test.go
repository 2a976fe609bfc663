package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeVersion is the one that Makefile fetches.
const axeVersion = "4.14.0"

// browserOf starts a browser that ends with the test. Without one the test is skipped, but not in CI, which installs it.
func browserOf(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		missing(t, "no chromium: apt-get install chromium")
	}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(5*time.Minute),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-device-scale-factor", "1"),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// missing skips a test for want of something that CI has.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// axe is the source of axe-core (Deque Systems, MPL 2.0), which is not part of this repository.
func axe(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		missing(t, "no cache folder: "+err.Error())
	}
	source, err := os.ReadFile(filepath.Join(cache, "tunbench", "axe-core-"+axeVersion, "package", "axe.min.js"))
	if err != nil {
		missing(t, "no axe-core "+axeVersion+": run make browser-tools ("+err.Error()+")")
	}
	return string(source)
}

// mode is a way to look at a page.
type mode struct {
	name          string
	width, height int64
	dark, print   bool
	rules         string // of axe-core, as options: in another mode than the first only what may differ
}

func modes() []mode {
	return []mode{
		{"light", 1000, 900, false, false, ""},
		{"dark", 1000, 900, true, false, `, runOnly: ["color-contrast"]`},
		{"phone", 360, 740, false, false, `, runOnly: ["target-size", "scrollable-region-focusable", "meta-viewport"]`},
		{"print", 720, 1000, false, true, `, runOnly: ["color-contrast"]`},
	}
}

// emulate makes the browser look that way.
func (m mode) emulate(t *testing.T, ctx context.Context) {
	t.Helper()
	media, scheme := "screen", "light"
	if m.print {
		media = "print"
	}
	if m.dark {
		scheme = "dark"
	}
	call(t, ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: m.width, Height: m.height, DeviceScaleFactor: 1, Mobile: m.width < 500,
	})
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// complaints gathers what a page does that it must not: errors, and requests for anything but itself.
type complaints struct{ texts []string }

// watch begins to gather. Events come in their order, and those that a task causes before it returns.
func watch(t *testing.T, ctx context.Context, page string) *complaints {
	t.Helper()
	c := &complaints{}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			c.texts = append(c.texts, "exception: "+e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type != runtime.ConsoleAPICalledTypeLog {
				c.texts = append(c.texts, "console: "+string(e.Type))
			}
		case *log.EventEntryAdded:
			c.texts = append(c.texts, "log: "+e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if url := e.Request.URL; url != page && !strings.HasPrefix(url, "data:") {
				c.texts = append(c.texts, "request: "+url)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, ctx, network.Enable, network.EnableParams{})
	call(t, ctx, log.Enable, cdp.Empty{})
	call(t, ctx, runtime.Enable, cdp.Empty{})
	return c
}

// do runs actions without an answer.
func do(t *testing.T, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// call runs a command of the browser's protocol.
func call[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		t.Fatal(err)
	}
}

// eval is the value of a script, that of a promise when it is kept.
func eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
