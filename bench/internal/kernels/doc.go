// Package kernels runs commands of tunbench on other kernels: it boots them one after
// the other in virtual machines, keeps what the commands printed and wrote, and makes
// a record, a table and Markdown of what came of them.
package kernels
