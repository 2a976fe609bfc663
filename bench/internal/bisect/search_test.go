package bisect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

const commits = 16

// world is a history in which one commit is slow, and every later one with it.
type world struct {
	slow    int
	broken  map[int]bool
	open    float64 // share of comparisons that come out undecided
	random  *rand.Rand
	judged  int
	compare map[string]int // how often each
}

func (w *world) judge(_ context.Context, earlier, commit int) (Verdict, error) {
	w.judged++
	key := fmt.Sprint(earlier, commit)
	if w.compare == nil {
		w.compare = map[string]int{}
	}
	w.compare[key]++
	switch {
	case w.broken[earlier]:
		return "", fmt.Errorf("commit %d was skipped, and is compared with", earlier)
	case earlier >= commit:
		return "", fmt.Errorf("commit %d is compared with the later %d", commit, earlier)
	case w.broken[commit]:
		return Skipped, nil
	case w.random != nil && w.random.Float64() < w.open:
		return Open, nil
	case earlier < w.slow && w.slow <= commit:
		return Slower, nil
	}
	return Fine, nil
}

func (w *world) search(t *testing.T) Result {
	t.Helper()
	r, err := Search{Commits: commits, Judge: w.judge}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key, n := range w.compare {
		if n > 1 && key != fmt.Sprint(r.First-1, r.Last) { // to confirm the answer
			t.Errorf("slow %d: commits %s were compared %d times", w.slow, key, n)
		}
	}
	return r
}

// TestFindsEveryPlace: wherever the slow commit is, in a few comparisons.
func TestFindsEveryPlace(t *testing.T) {
	for slow := 1; slow < commits; slow++ {
		w := &world{slow: slow}
		if r := w.search(t); r != (Result{Found, slow, slow}) {
			t.Errorf("slow %d: %+v", slow, r)
		}
		if w.judged > 6 { // the bad one, four halvings, the confirmation
			t.Errorf("slow %d: %d comparisons", slow, w.judged)
		}
	}
}

// TestBrokenCommits: one that does not build, at every place beside every slow one, costs only what nobody can tell.
func TestBrokenCommits(t *testing.T) {
	for slow := 1; slow < commits; slow++ {
		for broken := 1; broken < commits-1; broken++ {
			want := Result{Found, slow, slow}
			switch broken {
			case slow - 1:
				want = Result{Several, slow - 1, slow}
			case slow:
				want = Result{Several, slow, slow + 1}
			}
			w := &world{slow: slow, broken: map[int]bool{broken: true}}
			if r := w.search(t); r != want {
				t.Errorf("slow %d, broken %d: %+v, want %+v", slow, broken, r, want)
			}
		}
	}
}

// TestManyBroken: what is named has the slow commit among it, and as few others as can be.
func TestManyBroken(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 1))
	for range 2000 {
		w := &world{slow: 1 + random.IntN(commits-1), broken: map[int]bool{}}
		for commit := 1; commit < commits-1; commit++ {
			w.broken[commit] = random.IntN(2) == 0
		}
		first, last := w.slow, w.slow
		for w.broken[first-1] {
			first--
		}
		for w.broken[last] {
			last++
		}
		want := Result{Several, first, last}
		if first == last {
			want.Answer = Found
		}
		if r := w.search(t); r != want {
			t.Fatalf("slow %d, broken %v: %+v, want %+v", w.slow, w.broken, r, want)
		}
	}
}

// TestUndecided: noise makes an answer wider or leaves it out, and never names wrong commits.
func TestUndecided(t *testing.T) {
	answers := map[Answer]int{}
	for seed := range uint64(2000) {
		w := &world{slow: 1 + int(seed)%(commits-1), open: 0.2, random: rand.New(rand.NewPCG(seed, 2))}
		r := w.search(t)
		answers[r.Answer]++
		if w.slow < r.First || r.Last < w.slow {
			t.Fatalf("slow %d: %+v", w.slow, r)
		}
		if r.Answer == NotSlower || r.Answer == Found && r.First != r.Last {
			t.Fatalf("slow %d: %+v", w.slow, r)
		}
	}
	if answers[Found] == 0 || answers[Several] == 0 || answers[Unsure] == 0 || answers[Unknown] == 0 {
		t.Errorf("not every answer was seen: %v", answers)
	}
}

// TestWrongVerdictIsNotConfirmed: a commit that noise made slower is not the answer.
func TestWrongVerdictIsNotConfirmed(t *testing.T) {
	for wrong := 1; wrong < commits-1; wrong++ {
		judge := func(_ context.Context, earlier, commit int) (Verdict, error) {
			if earlier == 0 && (commit == commits-1 || commit == wrong) || commit == commits-1 && earlier < commits-1 {
				return Slower, nil
			}
			return Fine, nil
		}
		r, err := Search{Commits: commits, Judge: judge}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Answer == Found && r.First == wrong && wrong != 1 {
			t.Errorf("wrong %d: %+v", wrong, r)
		}
	}
}

func TestBadIsNotSlower(t *testing.T) {
	w := &world{slow: commits}
	if r := w.search(t); r.Answer != NotSlower || w.judged != 1 {
		t.Errorf("%+v after %d comparisons", r, w.judged)
	}
	w = &world{slow: 3, broken: map[int]bool{commits - 1: true}}
	if r := w.search(t); r.Answer != Unknown {
		t.Errorf("the bad commit does not build: %+v", r)
	}
}

func TestTwoCommits(t *testing.T) {
	w := &world{slow: 1}
	r, err := Search{Commits: 2, Judge: w.judge}.Run(t.Context())
	if err != nil || r != (Result{Found, 1, 1}) || w.judged != 1 {
		t.Errorf("%+v, %v after %d comparisons", r, err, w.judged)
	}
	if _, err := (Search{Commits: 1}).Run(t.Context()); err == nil {
		t.Error("one commit was searched")
	}
}

func TestErrorEndsIt(t *testing.T) {
	no := errors.New("no")
	for at := 1; at <= 6; at++ {
		w := &world{slow: 5}
		_, err := Search{Commits: commits, Judge: func(ctx context.Context, earlier, commit int) (Verdict, error) {
			if w.judged == at-1 {
				return "", no
			}
			return w.judge(ctx, earlier, commit)
		}}.Run(t.Context())
		if !errors.Is(err, no) {
			t.Errorf("error at comparison %d: %v", at, err)
		}
	}
}
