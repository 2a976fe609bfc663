package thread

// Enter runs f on a thread that is inside a network namespace and returns f's
// error. Sockets opened by f keep that namespace; they can be used anywhere.
// Nil means the caller's namespace.
type Enter func(f func() error) error

// Run runs f inside the namespace and returns its error.
func (e Enter) Run(f func() error) error {
	if e == nil {
		return f()
	}
	return e(f)
}
