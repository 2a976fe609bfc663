package analysis

import "slices"

// gram is the symmetric matrix of the inner products of the columns of a linear model, the last of which is the response.
type gram [][]float64

// add takes in one row: the value of every column, the response last.
func (g gram) add(row []float64) {
	for i, x := range row {
		if x == 0 {
			continue
		}
		for j, y := range row {
			g[i][j] += x * y
		}
	}
}

func newGram(columns int) gram {
	g := make(gram, columns)
	for i := range g {
		g[i] = make([]float64, columns)
	}
	return g
}

// fit is a least squares fit of the response to some columns.
type fit struct {
	columns []int // those that are linearly independent
	matrix  gram  // of these columns and the response, after all of them were swept
}

// dependent is the share of a column's sum of squares below which what other columns leave of it is rounding.
const dependent = 1e-9

// fit fits the response to the columns, in order; one that depends on those before it is left out. It is the sweep operator: after sweeping, the
// matrix holds the inverse, the coefficients and the sum of squares of the residuals (Goodnight, The American Statistician 33(3), 1979).
func (g gram) fit(columns []int) fit {
	all := append(slices.Clone(columns), len(g)-1)
	m := g.part(all)
	var kept []int // indices into all
	for k, column := range columns {
		if m[k][k] > dependent*g[column][column] {
			m.sweep(k)
			kept = append(kept, k)
		}
	}
	f := fit{matrix: m.part(append(slices.Clone(kept), len(columns)))}
	for _, k := range kept {
		f.columns = append(f.columns, columns[k])
	}
	return f
}

// part is the rows and columns of some indices.
func (g gram) part(indices []int) gram {
	p := newGram(len(indices))
	for i, from := range indices {
		for j, to := range indices {
			p[i][j] = g[from][to]
		}
	}
	return p
}

// sweep solves for one column.
func (g gram) sweep(k int) {
	pivot := g[k][k]
	for j := range g[k] {
		g[k][j] /= pivot
	}
	for i := range g {
		if i == k || g[i][k] == 0 {
			continue
		}
		b := g[i][k]
		for j := range g[i] {
			g[i][j] -= b * g[k][j]
		}
		g[i][k] = -b / pivot
	}
	g[k][k] = 1 / pivot
}

// rank is the number of independent columns.
func (f fit) rank() int { return len(f.columns) }

// residual is the sum of squares that the columns leave.
func (f fit) residual() float64 { return max(f.matrix[f.rank()][f.rank()], 0) }

// coefficient is that of a column, 0 of one that was left out.
func (f fit) coefficient(column int) float64 {
	if i := slices.Index(f.columns, column); i >= 0 {
		return f.matrix[i][f.rank()]
	}
	return 0
}

// covariance is that of two columns' coefficients for residuals of variance one.
func (f fit) covariance(column, other int) float64 {
	i, j := slices.Index(f.columns, column), slices.Index(f.columns, other)
	if i < 0 || j < 0 {
		return 0
	}
	return f.matrix[i][j]
}
