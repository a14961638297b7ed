package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// largeMessage is the size in octets from which a message gets a progress bar:
// smaller ones are gone before it could be read.
const largeMessage = 1 << 20

// A tracked reader shows on a bar how much of the message was read. It can be
// rewound, for a second try.
type tracked struct {
	io.ReadSeeker
	bar *progressbar.ProgressBar
}

// track wraps r, which has size octets, in a bar on w.
func track(r io.ReadSeeker, size int64, w io.Writer) *tracked {
	return &tracked{r, progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("sending"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
	)}
}

func (t *tracked) Read(p []byte) (int, error) {
	n, err := t.ReadSeeker.Read(p)
	t.bar.Add(n)
	return n, err
}

func (t *tracked) Seek(offset int64, whence int) (int64, error) {
	at, err := t.ReadSeeker.Seek(offset, whence)
	if err == nil {
		t.bar.Reset()
		t.bar.Set64(at)
	}
	return at, err
}

// done takes the bar off the screen.
func (t *tracked) done() { t.bar.Clear() }
