package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"sync"
	"time"

	"tunbench/bench/internal/testbed"
)

// Peer is a connection to an agent, and the machine that it runs on.
type Peer interface {
	io.ReadWriteCloser
	Ended() <-chan struct{}
	Err() error // why it ended
}

// patience is how long the agent may take to answer. An emulated guest on a busy machine stands still for seconds.
const patience = 30 * time.Second

// Guest is the far end of a scene. All methods may be called from any goroutine.
type Guest struct {
	Facts
	peer  Peer
	calls *rpc.Client
	close func() error // once
}

// Facts are what is known of a guest.
type Facts struct {
	Release  string // of its kernel
	Emulated bool
	CPUs     int
	Process  int           // ID of QEMU; 0: none
	Boot     time.Duration // until the kernel had started the agent
}

// Join speaks to the agent behind peer and makes it end B of the scene that cfg describes. The Guest owns the peer.
func Join(ctx context.Context, peer Peer, cfg testbed.Config) (*Guest, error) {
	g := &Guest{peer: peer, calls: rpc.NewClient(peer)}
	g.close = sync.OnceValue(func() error {
		return errors.Join(notShutdown(g.calls.Close()), peer.Close())
	})
	if err := g.call(ctx, "Join", cfg, &None{}); err != nil {
		return nil, errors.Join(fmt.Errorf("configure the guest: %w", err), g.Close())
	}
	return g, nil
}

func notShutdown(err error) error {
	if errors.Is(err, rpc.ErrShutdown) {
		return nil
	}
	return err
}

// Close ends the guest. It is idempotent.
func (g *Guest) Close() error { return g.close() }

// Ended is closed when the guest has ended by itself; Err then says why.
func (g *Guest) Ended() <-chan struct{} { return g.peer.Ended() }

// Err returns why the guest ended; nil while it runs.
func (g *Guest) Err() error { return g.peer.Err() }

// call asks the agent. Why the guest ended comes before what followed from it.
func (g *Guest) call(ctx context.Context, method string, args, reply any) error {
	return g.callWithin(ctx, patience, method, args, reply)
}

func (g *Guest) callWithin(ctx context.Context, limit time.Duration, method string, args, reply any) error {
	asked := g.calls.Go(serviceName+"."+method, args, reply, make(chan *rpc.Call, 1))
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-asked.Done:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return fmt.Errorf("the guest did not answer %s within %s", method, limit)
	case <-g.peer.Ended():
		return g.peer.Err()
	}
	if asked.Error == nil {
		return nil
	}
	if errors.As(asked.Error, new(rpc.ServerError)) {
		return decodeError(asked.Error)
	}
	select { // the connection is gone: with the guest?
	case <-g.peer.Ended():
		return g.peer.Err()
	case <-time.After(patience):
		return fmt.Errorf("ask the guest for %s: %w", method, asked.Error)
	}
}

// Counters reads those of the guest's NIC and IP stack.
func (g *Guest) Counters() (c Counters, err error) {
	err = g.call(context.Background(), "Counters", None{}, &c)
	return c, err
}

// now reads the guest's clock.
func (g *Guest) now() (now int64, err error) {
	err = g.call(context.Background(), "Now", None{}, &now)
	return now, err
}

// remote is a thing that the agent has open.
type remote struct {
	guest  *Guest
	handle Handle
}

// open has the agent open something.
func (g *Guest) open(ctx context.Context, method string, order any) (remote, error) {
	r := remote{guest: g}
	err := g.call(ctx, method, order, &r.handle)
	return r, err
}

// Close closes it. A guest that is gone has nothing open.
func (r remote) Close() error {
	if r.guest.Err() != nil {
		return nil
	}
	err := r.guest.call(context.Background(), "Close", r.handle, &None{})
	if errors.Is(err, os.ErrClosed) || r.guest.Err() != nil {
		return nil
	}
	return err
}
