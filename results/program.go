package results

// Program is what is known of a program of others that was under test.
type Program struct {
	File     string `json:"file"`              // the program file as it was read
	Version  string `json:"version,omitempty"` // as the program says it
	SHA256   string `json:"sha256,omitempty"`  // of the executable, in hexadecimal
	Together string `json:"together"`          // what kept its processes together: a control group, or the process tree
	Output   string `json:"output,omitempty"`  // the last 64 KiB of what it printed, standard output and error
	Exit     string `json:"exit,omitempty"`    // how it ended, where it did so by itself: "exit status 1"
}
