// Package capturetest makes packet captures of conversations: for tests, and
// for measuring.
//
// A [Trace] is a list of TCP segments in the order of capture. A [Conn] adds to
// it what two ends say to each other; the list may then be changed at will
// (swapped, shortened, repeated), and is written with a [Format] that says
// which file format, link type and so on the frames have. Nothing depends on
// time or chance but what is given as a seed.
//
//	var t capturetest.Trace
//	c := t.Conn(1)
//	c.Open()
//	c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 128)))
//	c.Reply(capturetest.Answer(200, []byte{0, 0, 0, 1, 0}))
//	c.Close()
//	file := t.Encode(capturetest.Format{})
//
// [Converse] draws whole captures: conversations of several connections, what may
// happen to their frames, a file format, and what a reader must find.
//
// [Retrieve] writes captures of retrieval, with what a reader must find. Its messages are
// written here byte by byte, and not by package codec/pccrr: what is read with that is then
// compared with something else, and package capture, whose tests need them, too, knows none of
// the packages of messages. Package conversationtest, which does, tells single stories about
// contents with Go values of Content Information.
//
// [Load] writes large captures of full batches, [LoadRetrieval] of retrieval, and the command in the folder
// generate does so from the command line.
package capturetest
