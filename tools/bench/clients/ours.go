package clients

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tabellarius/tabellarius/auth"
	"github.com/tabellarius/tabellarius/smtp/smtpclient"
)

var ours = []Client{
	{Name: "tabellarius", About: "this library: one message after the other", Dial: our{send: sendEach}.dial, Once: our{send: sendEach}.once},
	{Name: "tabellarius-batch", About: "this library: SendAll", Dial: our{send: sendAll}.dial},
	{Name: "tabellarius-64", About: "this library: 64 goroutines that send over one connection", Dial: our{send: send64}.dial},
	{Name: "tabellarius-eager", About: "this library, Eager: one message after the other", Lacks: lazy, Dial: our{send: sendEach, eager: true}.dial, Once: our{send: sendEach, eager: true}.once},
	{Name: "tabellarius-eager-batch", About: "this library, Eager: SendAll", Lacks: lazy, Dial: our{send: sendAll, eager: true}.dial},
	{Name: "tabellarius-eager-64", About: "this library, Eager: 64 goroutines that send over one connection", Lacks: lazy, Dial: our{send: send64, eager: true}.dial},
}

// lazy says where Eager makes no difference.
func lazy(l Load) string {
	if !l.Pipelining || !l.Chunking {
		return "without PIPELINING and CHUNKING it is not eager"
	}
	return ""
}

// Window is how many messages of a load Eager has under way at most, by
// smtpclient's defaults: 256, or those that 1 MiB holds.
func Window(l Load) int { return max(1, min(256, 1<<20/l.Size)) }

type our struct {
	*smtpclient.Client
	send  func(*our, func() bool) (int, error)
	eager bool
	env   smtpclient.Envelope
	size  int
}

func (o our) dial(ctx context.Context, t Target) (_ Sender, err error) {
	o.env, o.size = smtpclient.Envelope{From: t.from(), To: t.to()}, t.Size
	o.Client, err = smtpclient.Dial(ctx, t.Addr, o.config(t))
	if err != nil {
		return nil, err
	}
	return &o, nil
}

// once needs no client: AUTH and the envelope go in one flight.
func (o our) once(ctx context.Context, t Target) error {
	env := smtpclient.Envelope{From: t.from(), To: t.to()}
	_, err := smtpclient.Send(ctx, t.Addr, o.config(t), env, newMessage(t.Size).body().rewind())
	return err
}

func (o our) config(t Target) smtpclient.Config {
	cfg := smtpclient.Config{LocalName: "client.example.test", ServerName: Host, TLSConfig: t.tls(), Eager: o.eager}
	switch t.TLS {
	case "":
		cfg.TLS = smtpclient.TLSOff
	case "implicit":
		cfg.TLS = smtpclient.TLSImplicit
	}
	if t.Auth {
		cfg.Auth = auth.AllowInsecure(auth.Plain("", User, Password))
	}
	return cfg
}

func (o *our) Close() error { return o.Quit(context.Background()) }

func (o *our) Send(more func() bool) (int, error) { return o.send(o, more) }

func sendEach(o *our, more func() bool) (int, error) {
	body := newMessage(o.size).body()
	var report smtpclient.Report
	return each(more, func() error {
		return o.SendTo(context.Background(), &o.env, body.rewind(), &report)
	})
}

func send64(o *our, more func() bool) (int, error) {
	var work sync.WaitGroup
	var sent atomic.Int64
	var first error
	var once sync.Once
	for range 64 {
		work.Go(func() {
			n, err := sendEach(o, more)
			sent.Add(int64(n))
			if err != nil {
				once.Do(func() { first = err })
			}
		})
	}
	work.Wait()
	return int(sent.Load()), first
}

// sendAll sends a batch. Bodies are used again once the client is done with them:
// no client has so many messages under way.
func sendAll(o *our, more func() bool) (sent int, err error) {
	bodies := make([]body, 1024)
	for i := range bodies {
		bodies[i] = newMessage(o.size).body()
	}
	i := 0
	messages := func(yield func(smtpclient.Message) bool) {
		for more() && yield(smtpclient.Message{Envelope: o.env, Body: bodies[i%len(bodies)].rewind()}) {
			i++
		}
	}
	for _, err := range o.SendAll(context.Background(), messages) {
		if err != nil {
			return sent, err
		}
		sent++
	}
	return sent, nil
}
