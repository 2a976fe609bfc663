// Package load is what generators send and when: the load that is asked for, the profile
// of its packets, their plan and schedule, and what was offered in the end. How they are
// sent is in the rooms of the generators.
package load
