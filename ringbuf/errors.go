package ringbuf

import "errors"

// ErrConfig says that an arena or a ring cannot be made as it was asked for; the text
// names what is wrong.
var ErrConfig = errors.New("ringbuf configuration")
