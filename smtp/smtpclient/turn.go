package smtpclient

import (
	"context"
	"time"
)

// A turn is a caller at work on the connection, who goes when his context ends,
// though he be reading or writing. A nil turn is that of somebody who stays. The
// lock of the client guards it.
type turn struct {
	ctx           context.Context
	reads, writes bool
	stop          func() bool
}

// turn begins one; it has to be ended.
func (c *Client) turn(ctx context.Context) *turn {
	if ctx.Done() == nil {
		return nil
	}
	t := &turn{ctx: ctx}
	t.stop = context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.reads {
			c.conn.SetReadDeadline(past)
		}
		if t.writes {
			c.conn.SetWriteDeadline(past)
		}
	})
	return t
}

// past is a deadline that ends what is under way.
var past = time.Unix(1, 0)

func (t *turn) end() {
	if t != nil {
		t.stop()
	}
}

// over is why the caller has to go, nil while he has not.
func (t *turn) over() error {
	if t == nil || t.ctx.Err() == nil {
		return nil
	}
	return context.Cause(t.ctx)
}

// done is closed when the caller has to go.
func (t *turn) done() <-chan struct{} {
	if t == nil {
		return nil
	}
	return t.ctx.Done()
}
