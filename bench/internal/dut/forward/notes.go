package forward

import (
	"slices"
	"sync"
)

// notes are what somebody had to do without, in words, as they come. Safe for
// concurrent use.
type notes struct {
	mu    sync.Mutex
	texts []string
	added chan struct{} // gets one when there are some that were not listed; nil: nobody waits
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.texts = append(n.texts, text)
	select {
	case n.added <- struct{}{}:
	default: // it is known
	}
}

func (n *notes) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.texts)
}
