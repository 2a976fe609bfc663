package forwarder

import (
	"errors"
	"fmt"
	"slices"
)

// ErrUnsupported says that the kernel, or what it lets this process do, lacks what a
// Config insists on; the text names it.
var ErrUnsupported = errors.New("not supported here")

// Engine is how a worker moves packets.
type Engine string

const (
	// EngineAuto moves packets directly when they come one by one, and in batches
	// through io_uring, where there is one, when they come in runs.
	EngineAuto Engine = "auto"
	// EngineSync makes a system call for every read and write.
	EngineSync Engine = "sync"
	// EngineURing makes all reads and writes through io_uring, in batches.
	EngineURing Engine = "uring"
)

// GSO is what becomes of superpackets.
type GSO string

const (
	// GSOPass forwards them as they are.
	GSOPass GSO = "pass"
	// GSOSplit writes their segments one by one.
	GSOSplit GSO = "split"
)

// GRO is whether packets of one flow are coalesced into superpackets.
type GRO string

const (
	// GROAuto coalesces what a batch holds, as long as it pays.
	GROAuto GRO = "auto"
	// GROOff writes every packet as it was read.
	GROOff GRO = "off"
)

// Follow is whether a worker may leave its CPU for a time.
type Follow string

const (
	// FollowAuto runs a worker beside the sender while packets answer each other and the answers come sooner there.
	FollowAuto Follow = "auto"
	// FollowOff leaves a worker where it is.
	FollowOff Follow = "off"
)

// Engines lists the words of Engine.
func Engines() []Engine { return []Engine{EngineAuto, EngineSync, EngineURing} }

// GSOs lists the words of GSO.
func GSOs() []GSO { return []GSO{GSOPass, GSOSplit} }

// GROs lists the words of GRO.
func GROs() []GRO { return []GRO{GROAuto, GROOff} }

// Follows lists the words of Follow.
func Follows() []Follow { return []Follow{FollowAuto, FollowOff} }

// ParseEngine reads one of auto, sync, uring.
func ParseEngine(s string) (Engine, error) { return parseWord("engine", Engine(s), Engines()) }

// ParseGSO reads one of pass, split.
func ParseGSO(s string) (GSO, error) { return parseWord("gso", GSO(s), GSOs()) }

// ParseGRO reads one of auto, off.
func ParseGRO(s string) (GRO, error) { return parseWord("gro", GRO(s), GROs()) }

// ParseFollow reads one of auto, off.
func ParseFollow(s string) (Follow, error) { return parseWord("follow", Follow(s), Follows()) }

func parseWord[W ~string](what string, word W, words []W) (W, error) {
	if slices.Contains(words, word) {
		return word, nil
	}
	return "", fmt.Errorf("%s %q: want one of %v", what, word, words)
}
