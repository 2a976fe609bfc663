// Package rival is what others do in the place of our forwarder, each in its best
// configuration, on the same devices, counted in the same way: children behind the
// protocol of package forward.
package rival
