package bisect

import (
	"context"
	"fmt"
)

// Verdict is what a commit is, compared with the good one.
type Verdict string

// The verdicts.
const (
	Fine    Verdict = "not slower"
	Slower  Verdict = "slower"
	Skipped Verdict = "skipped"      // it does not build or run
	Open    Verdict = "inconclusive" // also after more rounds
)

// Search looks for a step among commits in a row. Commit 0 is the good one and is not measured.
type Search struct {
	Commits int // from the good one to the bad one, both counted: 2 or more

	// Judge compares a commit with an earlier one: with the good one, and in the end the commit that was found with the
	// one before it. An error ends the search.
	Judge func(ctx context.Context, earlier, commit int) (Verdict, error)
}

// Answer says how a search ended.
type Answer string

// The answers.
const (
	Found     Answer = "found"         // First is the commit, and it is slower than the one before it
	NotSlower Answer = "not slower"    // the bad commit is not slower than the good one
	Several   Answer = "several"       // one of the commits from First to Last is it; those between cannot be measured
	Unsure    Answer = "not confirmed" // First is where the search ended, but it is not shown to be slower than the one before it
	Unknown   Answer = "unknown"       // the bad commit itself could not be measured or decided
)

// Result is the answer, with the commits that it is about.
type Result struct {
	Answer      Answer
	First, Last int // of the commits that may be the slow one; the same where it is Found
}

// Run searches: it halves the commits that may be the slow one, takes the commit nearest to the middle that was neither skipped nor
// undecided, and in the end compares the commit that it found with the one before it.
func (s Search) Run(ctx context.Context) (Result, error) {
	if s.Commits < 2 {
		return Result{}, fmt.Errorf("bisect %d commits: want 2 or more", s.Commits)
	}
	fine, slow := 0, s.Commits-1
	verdict, err := s.Judge(ctx, fine, slow)
	switch {
	case err != nil:
		return Result{}, err
	case verdict == Fine:
		return Result{Answer: NotSlower, First: 1, Last: slow}, nil
	case verdict != Slower:
		return Result{Answer: Unknown, First: 1, Last: slow}, nil
	}
	passed := map[int]bool{} // commits that cannot be told
	for {
		next, ok := nearest(fine, slow, passed)
		if !ok {
			return s.confirm(ctx, fine, slow)
		}
		verdict, err := s.Judge(ctx, 0, next)
		if err != nil {
			return Result{}, err
		}
		switch verdict {
		case Fine:
			fine = next
		case Slower:
			slow = next
		default:
			passed[next] = true
		}
	}
}

// nearest is the commit nearest to the middle between two that was not passed over, the earlier one where two are as near.
func nearest(fine, slow int, passed map[int]bool) (commit int, ok bool) {
	middle := (fine + slow) / 2
	for away := 0; away < slow-fine; away++ {
		for _, commit := range []int{middle - away, middle + away} {
			if fine < commit && commit < slow && !passed[commit] {
				return commit, true
			}
		}
	}
	return 0, false
}

// confirm compares the slow commit with the last one before it that is fine.
func (s Search) confirm(ctx context.Context, fine, slow int) (Result, error) {
	result := Result{Answer: Found, First: fine + 1, Last: slow}
	if fine == 0 && slow == s.Commits-1 && slow == 1 {
		return result, nil // that was the first comparison
	}
	verdict, err := s.Judge(ctx, fine, slow)
	switch {
	case err != nil:
		return Result{}, err
	case verdict != Slower:
		result.Answer = Unsure
	case result.First != result.Last:
		result.Answer = Several
	}
	return result, nil
}
