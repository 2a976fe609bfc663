package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestLeastSquares against a decomposition of the rows themselves.
func TestLeastSquares(t *testing.T) {
	const rows, columns = 40, 5
	random := rand.New(rand.NewPCG(1, 1))
	model, x, y := NewLeastSquares(columns), mat.NewDense(rows, columns, nil), mat.NewVecDense(rows, nil)
	for i := range rows {
		row := make([]float64, columns)
		for j := range row {
			row[j] = random.NormFloat64() * float64(j+1)
		}
		x.SetRow(i, row)
		y.SetVec(i, 3*row[0]-row[4]+random.NormFloat64())
		model.Add(row, y.AtVec(i))
	}
	var want, left mat.VecDense
	if err := want.SolveVec(x, y); err != nil {
		t.Fatal(err)
	}
	left.MulVec(x, &want)
	left.SubVec(y, &left)
	var inverse mat.Dense
	inverse.Mul(x.T(), x)
	if err := inverse.Inverse(&inverse); err != nil {
		t.Fatal(err)
	}
	f := model.Fit([]int{4, 2, 0, 1, 3})
	if f.Rank() != columns || math.Abs(f.Residual()-mat.Dot(&left, &left)) > 1e-9 {
		t.Errorf("rank %d, residual %v, want %v", f.Rank(), f.Residual(), mat.Dot(&left, &left))
	}
	for j := range columns {
		if got := f.Coefficient(j); math.Abs(got-want.AtVec(j)) > 1e-9 {
			t.Errorf("coefficient %d is %v, want %v", j, got, want.AtVec(j))
		}
		for k := range columns {
			if got := f.Covariance(j, k); math.Abs(got-inverse.At(j, k)) > 1e-9 {
				t.Errorf("covariance of %d and %d is %v, want %v", j, k, got, inverse.At(j, k))
			}
		}
	}
}

// TestLeastSquaresLeavesOut: the first of columns that depend on each other stays, an empty one never does.
func TestLeastSquaresLeavesOut(t *testing.T) {
	model := NewLeastSquares(4)
	for i := range 6 {
		x := float64(i)
		model.Add([]float64{1, x, 2 - 3*x, 0}, 5+2*x) // the third is made of the first two
	}
	for _, test := range []struct {
		columns  []int
		rank     int
		residual float64
		at       []float64 // coefficients
	}{
		{nil, 0, 670, []float64{0, 0, 0, 0}},
		{[]int{3}, 0, 670, []float64{0, 0, 0, 0}},
		{[]int{3, 0}, 1, 70, []float64{10, 0, 0, 0}},
		{[]int{0, 1, 2, 3}, 2, 0, []float64{5, 2, 0, 0}},
		{[]int{2, 0, 1}, 2, 0, []float64{19.0 / 3, 0, -2.0 / 3, 0}},
	} {
		f := model.Fit(test.columns)
		if f.Rank() != test.rank || math.Abs(f.Residual()-test.residual) > 1e-9 {
			t.Errorf("%v: rank %d, residual %v; want %d, %v", test.columns, f.Rank(), f.Residual(), test.rank, test.residual)
		}
		for column, want := range test.at {
			if got := f.Coefficient(column); math.Abs(got-want) > 1e-9 {
				t.Errorf("%v: coefficient %d is %v, want %v", test.columns, column, got, want)
			}
		}
		if f.Covariance(3, 3) != 0 {
			t.Errorf("%v: covariance of what was left out is %v", test.columns, f.Covariance(3, 3))
		}
	}
}
