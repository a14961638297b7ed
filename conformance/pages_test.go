//go:build browser

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// browse opens a page in a frame of a phone's width in headless Chromium, runs a
// script on it, and gives what the script said. The script has the frame's window
// as w, its document as d, and set(element, value) as if a person did it.
func browse(t *testing.T, page func(io.Writer) error, dark bool, script string) (said map[string]any) {
	t.Helper()
	dir := t.TempDir()
	var b bytes.Buffer
	if err := page(&b); err != nil {
		t.Fatal(err)
	}
	frame := `<!DOCTYPE html><iframe id="f" src="page.html" style="width:390px;height:800px;border:0"></iframe><pre id="said"></pre><script>
onload = function () {
  var w = document.getElementById("f").contentWindow, d = w.document;
  function set(e, v) { if (e.type === "checkbox") e.checked = v; else e.value = v; e.dispatchEvent(new w.Event("input")); }
  function shown(what) { return [].filter.call(d.querySelectorAll(what), function (e) { return !e.hidden; }).length; }
  var said; try { said = (function () {` + script + `})(); } catch (e) { said = {error: String(e)}; }
  document.getElementById("said").textContent = JSON.stringify(said);
};</script>`
	for name, text := range map[string]string{"page.html": b.String(), "frame.html": frame} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	scheme := "preferredColorScheme=1"
	if dark {
		scheme = "preferredColorScheme=0"
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
		"--blink-settings="+scheme, "--user-data-dir="+filepath.Join(dir, "profile"), "--virtual-time-budget=5000", "--dump-dom", "file://"+filepath.Join(dir, "frame.html")).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	_, rest, _ := strings.Cut(string(out), `<pre id="said">`)
	text, _, _ := strings.Cut(rest, "</pre>")
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), &said); err != nil {
		t.Fatalf("the script said %q: %v", text, err)
	}
	return said
}

// TestPages holds that search and filter of both pages work, that they are as wide
// as a phone, and dark where the reader wants that.
func TestPages(t *testing.T) {
	s, cfg := Embedded(faulty)
	defer s.Close()
	cfg.Selection.IDs = []string{"size-*", "mail-*"}
	report, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	matrix := NewMatrix("two", report, report)
	deviating := report.Count(Fail) + report.Count(Error) + report.Count(Warn)
	const measure = `, wide: d.documentElement.scrollWidth > 391, dark: parseInt(w.getComputedStyle(d.body).backgroundColor.slice(4)) < 64};`
	for name, x := range map[string]struct {
		page   func(io.Writer) error
		script string
	}{
		"report": {report.WriteHTML, `
  var first = shown("details"), all = d.querySelectorAll("details").length;
  [].forEach.call(d.querySelectorAll(".verdict"), function (b) { set(b, true); });
  var every = shown("details");
  set(d.getElementById("q"), "size-20-DIGITS"); var found = shown("details");
  set(d.getElementById("q"), ""); set(d.getElementById("area"), "MAIL"); var area = shown("details");
  return {first: first, every: every === all, found: found, area: area < all && area > 0, count: d.getElementById("shown").textContent === area + " of " + all` + measure},
		"matrix": {matrix.WriteHTML, `
  var first = shown(".cases tbody"), all = d.querySelectorAll(".cases tbody").length;
  [].forEach.call(d.querySelectorAll(".verdict"), function (b) { set(b, true); });
  var every = shown(".cases tbody");
  set(d.getElementById("q"), "size-20-DIGITS"); var found = shown(".cases tbody");
  d.getElementById("size-20-digits").click();
  var open = !d.getElementById("size-20-digits").nextElementSibling.hidden;
  set(d.getElementById("q"), ""); set(d.getElementById("area"), "MAIL"); var area = shown(".cases tbody");
  return {first: first, every: every === all, found: found, area: area < all && area > 0, count: open && d.getElementById("shown").textContent === area + " of " + all` + measure},
	} {
		for _, dark := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s dark=%t", name, dark), func(t *testing.T) {
				want := map[string]any{"first": float64(deviating), "every": true, "found": 1.0, "area": true, "count": true, "wide": false, "dark": dark}
				if diff := cmp.Diff(want, browse(t, x.page, dark, x.script)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}
