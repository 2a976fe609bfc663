// Package browser tests the pages of package page in a real browser; it has nothing but tests. They need chromium, and axe-core in a folder of the user's cache, where
// `make browser-tools` puts it. The pictures of the README are made here, with -update-pictures.
package browser
