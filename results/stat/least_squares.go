package stat

import (
	"slices"

	"gonum.org/v1/gonum/mat"
)

// dependent is the share of a column's sum of squares below which what other columns leave of it is rounding.
const dependent = 1e-9

// LeastSquares is a linear model: rows of columns and a response, of which it keeps the inner products. It is for one goroutine.
type LeastSquares struct {
	products *mat.SymDense // of the columns with each other and, last, the response
}

// NewLeastSquares has no rows yet.
func NewLeastSquares(columns int) *LeastSquares {
	return &LeastSquares{mat.NewSymDense(columns+1, nil)}
}

// Add takes in one row: the value of every column, and the response.
func (l *LeastSquares) Add(columns []float64, response float64) {
	row := append(slices.Clone(columns), response)
	l.products.SymRankOne(l.products, 1, mat.NewVecDense(len(row), row))
}

// Fit is a least squares fit of the response to some of the columns.
type Fit struct {
	columns      []int // those that are linearly independent
	coefficients mat.VecDense
	inverse      mat.SymDense // of the columns' inner products
	residual     float64
}

// Fit fits the response to columns, in order; one that depends on those before it is left out.
func (l *LeastSquares) Fit(columns []int) Fit {
	f := Fit{residual: l.products.At(l.response(), l.response())}
	var kept mat.Cholesky
	for _, column := range columns {
		if longer, ok := l.extend(&kept, f.columns, column); ok {
			kept, f.columns = longer, append(f.columns, column)
		}
	}
	if len(f.columns) == 0 {
		return f
	}
	right := l.with(f.columns, l.response())
	// Both say that a matrix is near to singular, which the columns kept are not.
	_ = kept.SolveVecTo(&f.coefficients, right)
	_ = kept.InverseTo(&f.inverse)
	f.residual = max(f.residual-mat.Dot(&f.coefficients, right), 0)
	return f
}

func (l *LeastSquares) response() int { return l.products.SymmetricDim() - 1 }

// with is the inner products of some columns with another one.
func (l *LeastSquares) with(columns []int, other int) *mat.VecDense {
	v := mat.NewVecDense(len(columns), nil)
	for i, column := range columns {
		v.SetVec(i, l.products.At(column, other))
	}
	return v
}

// extend adds a column to the Cholesky decomposition of some. ok is false if it depends on them: the square of the last pivot is what they
// leave of it.
func (l *LeastSquares) extend(d *mat.Cholesky, columns []int, column int) (longer mat.Cholesky, ok bool) {
	square := l.products.At(column, column)
	if n := len(columns); n == 0 {
		ok = longer.Factorize(mat.NewSymDense(1, []float64{square}))
	} else {
		ok = longer.ExtendVecSym(d, l.with(append(slices.Clone(columns), column), column))
	}
	if !ok {
		return longer, false
	}
	pivot := longer.RawU().At(len(columns), len(columns))
	return longer, pivot*pivot > dependent*square
}

// Rank is the number of independent columns.
func (f *Fit) Rank() int { return len(f.columns) }

// Residual is the sum of squares that the columns leave of the response.
func (f *Fit) Residual() float64 { return f.residual }

// Coefficient is that of a column, 0 of one that was left out.
func (f *Fit) Coefficient(column int) float64 {
	if i := slices.Index(f.columns, column); i >= 0 {
		return f.coefficients.AtVec(i)
	}
	return 0
}

// Covariance is that of two columns' coefficients for residuals of variance one, 0 where either was left out.
func (f *Fit) Covariance(column, other int) float64 {
	i, j := slices.Index(f.columns, column), slices.Index(f.columns, other)
	if i < 0 || j < 0 {
		return 0
	}
	return f.inverse.At(i, j)
}
