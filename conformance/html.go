package conformance

import (
	_ "embed"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:embed report.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"class": func(v Verdict) string { return "v-" + string(v) },
	"many":  func(in, all []Circumstance) bool { return len(in) > 0 && len(in) < len(all) },
}).Parse(pageText))

// WriteHTML writes the report as one HTML page that needs nothing else: the
// counts by RFC and level, a filter and a search, each case with its
// conversation, and the states of the protocol, coloured by what failed there.
func (r *Report) WriteHTML(w io.Writer) error {
	type link struct{ Name, Offers string }
	var links []link
	for _, name := range slices.Sorted(maps.Keys(r.Offers)) {
		var words []string
		for _, k := range slices.Sorted(maps.Keys(r.Offers[name])) {
			words = append(words, strings.TrimSpace(k+" "+r.Offers[name][k]))
		}
		links = append(links, link{name, strings.Join(words, ", ")})
	}
	return page.Execute(w, map[string]any{
		"Report": r, "Links": links, "Verdicts": Verdicts, "Levels": r.ByLevel(), "RFCs": r.ByRFC(), "Areas": r.ByArea(),
		"Diagram": newDiagram(r), "Unexpected": len(r.Unexpected()),
	})
}
