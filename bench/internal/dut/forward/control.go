package forward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"tunbench/forwarder"
)

// The protocol between harness and child: JSON values over a stream socket. The
// harness sends one request with Options, then any number of empty ones; each is
// answered by one reply. When the harness closes its end, or dies, the child ends.

// ControlFD is the fd on which the child finds its end of the socket: the first
// of exec.Cmd.ExtraFiles.
const ControlFD = 3

type request struct {
	Start *Options `json:"start,omitempty"` // first request only; later ones ask for Stats
}

type reply struct {
	Negotiated *Negotiated      `json:"negotiated,omitempty"`
	Stats      *forwarder.Stats `json:"stats,omitempty"`
}

// Serve is the child: it opens what the harness asks for on conn, forwards, and
// answers until conn ends or ctx is done. It closes conn.
func Serve(ctx context.Context, conn io.ReadWriteCloser) error {
	closeConn := sync.OnceValue(conn.Close)
	defer closeConn()
	requests, replies := json.NewDecoder(conn), json.NewEncoder(conn)
	var first request
	if err := requests.Decode(&first); err != nil {
		return fmt.Errorf("read options from harness: %w", err)
	}
	if first.Start == nil {
		return errors.New("read options from harness: there are none")
	}
	session, err := Open(*first.Start)
	if err != nil {
		return err
	}
	negotiated := session.Negotiated()
	if err := replies.Encode(reply{Negotiated: &negotiated}); err != nil {
		return errors.Join(fmt.Errorf("answer harness: %w", err), session.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	var answering sync.WaitGroup
	answering.Go(func() {
		defer cancel()
		var next request
		for requests.Decode(&next) == nil {
			stats := session.Stats()
			if replies.Encode(reply{Stats: &stats}) != nil {
				return // the harness is gone
			}
		}
	})
	err = session.Run(ctx)
	cancel()
	_ = closeConn() // ends the reader
	answering.Wait()
	return errors.Join(err, session.Close())
}

// Client is the harness's end of the socket to a child. Its methods are safe for
// concurrent use; Close unblocks them.
type Client struct {
	mu       sync.Mutex
	conn     net.Conn
	requests *json.Encoder
	replies  *json.Decoder
}

// answerPatience is how long a child may take to answer: opening 256 queues takes
// it a fraction of a second.
const answerPatience = 10 * time.Second

// NewClient speaks over conn, which it owns from now on.
func NewClient(conn net.Conn) *Client {
	return &Client{conn: conn, requests: json.NewEncoder(conn), replies: json.NewDecoder(conn)}
}

// Start sends the options and waits until the child forwards.
func (c *Client) Start(o Options) (Negotiated, error) {
	r, err := c.ask(request{Start: &o})
	if err != nil {
		return Negotiated{}, err
	}
	if r.Negotiated == nil {
		return Negotiated{}, errors.New("ask forwarder to start: wrong answer")
	}
	return *r.Negotiated, nil
}

// Stats asks for the counters.
func (c *Client) Stats() (forwarder.Stats, error) {
	r, err := c.ask(request{})
	if err != nil {
		return forwarder.Stats{}, err
	}
	if r.Stats == nil {
		return forwarder.Stats{}, errors.New("ask forwarder for counters: wrong answer")
	}
	return *r.Stats, nil
}

func (c *Client) ask(q request) (reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetDeadline(time.Now().Add(answerPatience)); err != nil {
		return reply{}, fmt.Errorf("ask forwarder: %w", err)
	}
	if err := c.requests.Encode(q); err != nil {
		return reply{}, fmt.Errorf("ask forwarder: %w", err)
	}
	var r reply
	if err := c.replies.Decode(&r); err != nil {
		return reply{}, fmt.Errorf("hear from forwarder: %w", err)
	}
	return r, nil
}

// Close ends the conversation, on which the child ends.
func (c *Client) Close() error { return c.conn.Close() }
