// Package wait limits how long a target may take to answer, on a machine that may have no
// processor for it.
//
// Whether a target is late or hangs, the system knows from its threads:
// on Linux, for how long they were ready to run and had no processor. What pchc itself is
// late by counts on any system.
package wait
