// Package campaign fuzzes targets until a budget is used up, and reports each
// distinct failure once, with the violated requirement and a minimised reproducer.
//
// [Campaign.Run] shares the time of its jobs between the targets of a [Config].
// Each job makes its own messages for each target (source.go): a systematic
// sweep, the seeds, and then messages at random: valid, nearly valid, or mutations
// of those that increased coverage of the specification. So the messages depend
// on the random seed and on the findings, and on nothing else.
//
// A session reports a difference at or before a message. One that no bucket
// explains gets triage in a session of its own (triage.go): the message alone,
// then with more and more of the messages before it, until the difference shows
// again. Then the messages are reduced (reducer.go), and the cause is located
// (cause.go). Other messages wait meanwhile, for some seconds at most.
//
// [Save] keeps a finding in a file, and [Replay] sends its messages again.
//
// [Campaign.Result] can be called at any time, from any goroutine. A Result is the
// caller's own, but for the bytes of the messages, which must not be changed.
package campaign
