// Package campaign tries messages on targets until a budget is used up, and
// makes of everything that goes wrong a finding: minimal, named by the
// requirement that it is about, and told once.
//
// [Campaign.Run] shares the time of its jobs between the targets of a [Config].
// Each job makes its own messages for each target (source.go): a sweep over all
// that has a limit, the seeds, and then messages at random, valid, nearly valid,
// or mutations of those that covered something new in the specification. So what
// is tried depends on the seed and on what was found, and on nothing else.
//
// A difference that no finding explains is studied in a session of its own
// (lab.go): whether it comes again, after which messages (specimen.go), which is
// the simplest that shows it (minimise.go), and what in that it is (cause.go, neighbour.go).
// Until then other messages wait; a study takes some seconds at most.
//
// [Save] keeps a finding in a file, and [Replay] tries messages again.
//
// A campaign may be asked for its [Campaign.Result] at any time, from any
// goroutine. A Result is the caller's own, but for the bytes of the messages,
// which nobody may change.
package campaign
