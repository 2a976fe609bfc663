// Package nl is what only the Android build of nebula uses: nothing here.
package nl
