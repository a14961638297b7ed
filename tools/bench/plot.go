package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"
)

// The plot's measures, in pixels.
const (
	plotWidth, plotHeight = 1000, 640
	plotLeft, plotRight   = 80, 740 // of the area with the lines
	plotTop, plotBottom   = 50, 570
	labelStep             = 19
)

// plotZero is where no delay stands on the logarithmic axis.
const plotZero = 0.3 * float64(time.Millisecond)

// A curve is one client's rates over the round-trip time.
type curve struct {
	client string
	x, y   []float64 // pixels
	label  float64   // the height of its name
	style  string
}

// plot draws messages a second over the round-trip time, both logarithmic, as
// SVG; nil if the table rtt was not measured.
func (r *report) plot() []byte {
	i := slices.IndexFunc(r.Tables, func(t *tableResult) bool { return t.Name == "rtt" })
	if i < 0 {
		return nil
	}
	t := r.Tables[i]
	low, high := t.range10()
	xOf := func(l *loadResult) float64 {
		last := float64(t.Loads[len(t.Loads)-1].Load.Delay)
		at := math.Log(max(float64(l.Load.Delay), plotZero)/plotZero) / math.Log(last/plotZero)
		return plotLeft + at*(plotRight-plotLeft)
	}
	yOf := func(rate float64) float64 {
		return plotBottom - (math.Log10(rate)-low)/(high-low)*(plotBottom-plotTop)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<text x="%d" y="28" font-size="16">Messages of 4 KB a second over the round-trip time, one connection</text>`+"\n", plotLeft)
	for e := low; e <= high; e++ {
		y := yOf(math.Pow(10, e))
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", plotLeft, y, plotRight, plotLeft-8, y+4, number(math.Pow(10, e)))
	}
	for _, l := range t.Loads {
		x := xOf(l)
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x, plotTop, plotBottom, x, plotBottom+20, strings.Replace(fmt.Sprint(l.Load.Delay), "0s", "none", 1))
	}
	for _, c := range t.curves(xOf, yOf) {
		c.draw(&b)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">round-trip time</text>`+"\n</svg>\n", (plotLeft+plotRight)/2, plotBottom+45)
	return b.Bytes()
}

// range10 gives the powers of ten that hold all rates.
func (t *tableResult) range10() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, l := range t.Loads {
		for _, w := range l.Rows {
			if w.Rate > 0 {
				low, high = min(low, math.Floor(math.Log10(w.Rate))), max(high, math.Ceil(math.Log10(w.Rate)))
			}
		}
	}
	return low, max(high, low+1)
}

// curves gives the lines, names put so that none lies over another.
func (t *tableResult) curves(xOf func(*loadResult) float64, yOf func(float64) float64) (list []*curve) {
	colours := []string{"#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#9a6324", "#808000", "#000075", "#f032e6", "#7fb800", "#00a6fb"}
	n := 0
	for _, w := range t.Loads[0].Rows {
		c := &curve{client: w.Client}
		for _, l := range t.Loads {
			if o := l.row(w.Client); o != nil && o.Rate > 0 {
				c.x, c.y = append(c.x, xOf(l)), append(c.y, yOf(o.Rate))
			}
		}
		if len(c.x) == 0 {
			continue
		}
		switch {
		case strings.HasPrefix(c.client, "raw-"):
			c.style = `stroke="#888" stroke-dasharray="5 4" stroke-width="1.5"`
		case strings.HasPrefix(c.client, "tabellarius"):
			c.style = fmt.Sprintf(`stroke="%s" stroke-width="3"`, colours[n%len(colours)])
			n++
		default:
			c.style = fmt.Sprintf(`stroke="%s" stroke-width="1.5"`, colours[n%len(colours)])
			n++
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b *curve) int { return int(a.y[len(a.y)-1] - b.y[len(b.y)-1]) })
	for i, c := range list {
		c.label = c.y[len(c.y)-1]
		if i > 0 {
			c.label = max(c.label, list[i-1].label+labelStep)
		}
	}
	// What was pushed out below is pushed back up.
	for i, floor := len(list)-1, float64(plotBottom+10); i >= 0; i, floor = i-1, floor-labelStep {
		list[i].label = min(list[i].label, floor)
	}
	return list
}

func (c *curve) draw(b *bytes.Buffer) {
	fmt.Fprintf(b, `<path fill="none" %s d="M`, c.style)
	for i := range c.x {
		fmt.Fprintf(b, "%.1f %.1f ", c.x[i], c.y[i])
	}
	end := len(c.x) - 1
	fmt.Fprintf(b, `"/><path fill="none" stroke="#bbb" d="M%.1f %.1fL%d %.1f"/>`, c.x[end], c.y[end], plotRight+30, c.label)
	fmt.Fprintf(b, `<path %s d="M%d %.1fh20"/><text x="%d" y="%.1f">%s</text>`+"\n", c.style, plotRight+30, c.label, plotRight+56, c.label+4, html.EscapeString(c.client))
}
