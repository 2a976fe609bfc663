// Package chart draws: numbers and labels in, an SVG out. It knows nothing of packets, files or pages, and computes no figure; it finds places for what
// it is given. A chart says what it shows ([Strip], [XY], [Stack], [Forest], [Heat]) and is drawn for a width, so that a page can have one
// drawing for a screen and one for a phone, both with letters of the same size.
//
// Every drawing has the same parts, each with a class of its own, which a style sheet colors and a test looks for: "frame" is the area of the axes,
// "mark" what stands for a figure and lies in the frame, "label" a text, "grid" the lines behind. Series have the classes s0 to s7; a series also
// differs by the shape of its points and the dashes of its line, so that nothing is told by color alone. A mark can have a tip, the text that a reader
// who points at it or reaches it with the arrow keys is shown.
//
// A drawing has no style attributes, no scripts, no identifiers and no references, so it can stand in a page whose Content-Security-Policy allows none of them.
package chart
