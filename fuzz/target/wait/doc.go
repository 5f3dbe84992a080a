// Package wait limits how long a target may take to answer, on a machine that may have no
// processor for it.
//
// A target that is late is told from one that hangs by what the system says of its threads:
// on Linux, for how long they were ready to run and had no processor. What pchc itself is
// late by counts on any system.
package wait
