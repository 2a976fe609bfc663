package forward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/forwarder"
)

// The protocol between harness and child: JSON values over a stream socket. The
// harness sends one request with Options, then any number of empty ones; each is
// answered by one reply with what was negotiated and counted. When the harness closes
// its end, or dies, the child ends. The child may be another version of this program.

// protocol is the version of what is spoken here. A child answers with its own; fields
// that the other side does not know are ignored.
const protocol = 1

// ControlFD is the fd on which the child finds its end of the socket: the first
// of exec.Cmd.ExtraFiles.
const ControlFD = 3

type request struct {
	Start *Options `json:"start,omitempty"` // first request only
}

type reply struct {
	Protocol    int              `json:"protocol"`
	Negotiated  *Negotiated      `json:"negotiated,omitempty"`
	Stats       *forwarder.Stats `json:"stats,omitempty"`
	Unsupported string           `json:"unsupported,omitempty"` // what this host lacks, instead of all else
}

// Program forwards packets between two devices: a [Session] of our forwarder, or a rival.
type Program interface {
	// Negotiated returns what the kernel agreed to.
	Negotiated() Negotiated
	// Run forwards until ctx is done (nil) or a device fails. It is called once.
	Run(ctx context.Context) error
	// Stats returns what was counted; from any goroutine, at any time.
	Stats() forwarder.Stats
	// Close closes the devices, when Run has returned or instead of it.
	Close() error
}

// Opener opens a Program; nothing stays open when it fails.
type Opener func(Options) (Program, error)

// Forwarder is the Opener of our forwarder.
func Forwarder(o Options) (Program, error) {
	program, err := Open(o)
	if err != nil {
		return nil, err // not a nil *Session, which would be a Program
	}
	return program, nil
}

// Serve is the main loop of a child process: it opens what the harness asks for on conn, forwards packets, and
// answers requests until conn ends or ctx is done. It closes conn.
func Serve(ctx context.Context, conn io.ReadWriteCloser, open Opener) error {
	closeConn := sync.OnceValue(conn.Close)
	defer closeConn()
	requests, replies := json.NewDecoder(conn), json.NewEncoder(conn)
	var first request
	if err := requests.Decode(&first); err != nil {
		return fmt.Errorf("read options from harness: %w", err)
	}
	if first.Start == nil {
		return errors.New("read options from harness: the request has none")
	}
	program, err := open(*first.Start)
	if host.Cannot(err) {
		_ = replies.Encode(reply{Protocol: protocol, Unsupported: err.Error()}) // if nobody hears it, the exit says it
	}
	if err != nil {
		return err
	}
	if err := replies.Encode(report(program)); err != nil {
		return errors.Join(fmt.Errorf("answer harness: %w", err), program.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	var answering sync.WaitGroup
	answering.Go(func() {
		defer cancel()
		var next request
		for requests.Decode(&next) == nil {
			if replies.Encode(report(program)) != nil {
				return // the harness is gone
			}
		}
	})
	err = program.Run(ctx)
	cancel()
	_ = closeConn() // ends the reader
	answering.Wait()
	return errors.Join(err, program.Close())
}

func report(p Program) reply {
	return reply{Protocol: protocol, Negotiated: new(p.Negotiated()), Stats: new(p.Stats())}
}

// Client is the harness's end of the socket to a child process. Its methods are safe for concurrent use; Close
// unblocks them.
type Client struct {
	mu       sync.Mutex
	conn     net.Conn
	requests *json.Encoder
	replies  *json.Decoder

	negotiated Negotiated // as of the last answer
}

// answerPatience is how long a child may take to answer: opening 256 queues takes
// it a fraction of a second.
const answerPatience = 30 * time.Second

// NewClient returns a client that speaks over conn and closes it.
func NewClient(conn net.Conn) *Client {
	return &Client{conn: conn, requests: json.NewEncoder(conn), replies: json.NewDecoder(conn)}
}

// Start sends the options and waits until the child forwards. The error is
// forwarder.ErrUnsupported where this host or user lacks what the options insist on.
func (c *Client) Start(o Options) error {
	_, err := c.ask(request{Start: &o})
	return err
}

// unsupportedError is forwarder.ErrUnsupported as the child put it in words.
type unsupportedError struct{ text string }

func (e *unsupportedError) Error() string { return e.text }

func (e *unsupportedError) Unwrap() error { return forwarder.ErrUnsupported }

// Stats asks the child for its counters.
func (c *Client) Stats() (forwarder.Stats, error) { return c.ask(request{}) }

// Negotiated returns what the kernel agreed to, with the notes of the child's last answer.
func (c *Client) Negotiated() Negotiated {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.negotiated
}

func (c *Client) ask(q request) (forwarder.Stats, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetDeadline(time.Now().Add(answerPatience)); err != nil {
		return forwarder.Stats{}, fmt.Errorf("ask child: %w", err)
	}
	if err := c.requests.Encode(q); err != nil {
		return forwarder.Stats{}, fmt.Errorf("ask child: %w", err)
	}
	var r reply
	if err := c.replies.Decode(&r); err != nil {
		return forwarder.Stats{}, fmt.Errorf("hear from child: %w", unanswered(q, err))
	}
	switch {
	case r.Protocol != protocol:
		return forwarder.Stats{}, fmt.Errorf("hear from child: it speaks version %d of the protocol, this program version %d: build both from commits that are closer to each other", r.Protocol, protocol)
	case r.Unsupported != "":
		return forwarder.Stats{}, &unsupportedError{r.Unsupported}
	case r.Negotiated == nil || r.Stats == nil:
		return forwarder.Stats{}, errors.New("hear from child: wrong answer")
	}
	c.negotiated = *r.Negotiated
	return *r.Stats, nil
}

// unanswered says what a child that is alive did not do in time; any other error is as it was.
func unanswered(q request, err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	awaited := "send its counters"
	if q.Start != nil {
		awaited = "open its devices and begin to forward"
	}
	return fmt.Errorf("it did not %s within %v: it hangs, or is no tunbench (%w)", awaited, answerPatience, err)
}

// Close closes the socket, which ends the child.
func (c *Client) Close() error { return c.conn.Close() }
