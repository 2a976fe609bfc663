// Package conform is one case of `tunbench check`: the packets that go in at one end of a
// scene, what must come out at the other, and whether it did.
//
//   - Case is a check with a name; Cases lists them all.
//   - Suite runs cases on settings and hands out a Result for each.
//   - Oracle has the kernel's own router or bridge forward the same packets: what it
//     delivers, segment by segment, is what a program must deliver.
//   - room is a scene with the program at work in it.
package conform
