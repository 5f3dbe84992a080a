// Package campaign fuzzes targets until a budget is used up, and reports each
// distinct failure once, with the violated requirement and a minimised reproducer.
//
// [Campaign.Run] shares the time of its jobs between the targets of a [Config].
// Each job makes its own messages for each target (source.go): a systematic
// sweep, the seeds, and then messages at random: valid, nearly valid, or mutations
// of those that increased coverage of the specification. So the messages depend
// only on the random seed and on the findings.
//
// A session reports a difference at or before a message. If no bucket explains it,
// triage tries in a separate session to reproduce it (triage.go): with the message
// alone, then with more and more of the messages before it. Then it reduces the
// messages (reducer.go, passes.go) and looks for what the failure depends on (contrast*.go):
// it changes one variable of the message at a time (variable.go), and tests conditions
// (candidates.go) made of statements about variables (condition.go). What that does not
// explain has a likely cause (cause.go). Other messages wait meanwhile, for some seconds at
// most.
//
// Between rounds a stream reads what the processes of its target use (resource.go). What
// seems to grow is measured in a new process (experiment.go, leak.go, cost.go, ending.go).
//
// [Save] writes a finding to a file, and [Replay] sends its messages again.
//
// [Campaign.Result] may be called at any time, from any goroutine. The caller owns
// the Result, except the bytes of the messages: do not change them.
package campaign
