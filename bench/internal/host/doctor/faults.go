package doctor

// KernelFault is a published fault of kernels.
type KernelFault struct {
	Name    string
	Kernels string // that are known to have it
	Meaning string // what it does to a measurement
	// Try returns nil where this kernel has it not. has says that the kernel has the fault, else an error says why it
	// could not be tried.
	Try func() (has bool, err error)
}

func (f KernelFault) check() Check {
	has, err := f.Try()
	switch {
	case err == nil:
		return ok(f.Name, "tried: as they should be")
	case has:
		return distorts(f.Name, err.Error(), f.Meaning, "use another kernel: "+f.Kernels)
	}
	check := unknown(f.Name, "not tried: %v", err)
	check.Meaning, check.Remedy = f.Meaning, "look into the version: "+f.Kernels
	return check
}
