// Package model has conversations with a hosted cache: it draws them at random, plays them,
// compares the hosted cache with the state machines of package spec, and reduces those in
// which it does what they do not allow.
//
// A [Conversation] is a list of steps. Clients offer segments in both versions of MS-PCHC,
// send block hashes, serve their blocks by MS-PCCRR or stop to do so, move to another port,
// serve damaged blocks, lose messages, and retrieve; the hosted cache restarts; others offer
// so many segments that it has to forget some. Its text ([Conversation.Lines], [Parse]) is
// what people read and what is saved.
//
// # What is allowed
//
// Clients are [spec.Client] and [spec.RetrievalClient], their servers [spec.RetrievalServer].
// For each segment two machines [spec.Server] stand for the hosted cache: one knows what it
// must know, the other all that it can know. A request that may not have arrived reaches the
// second one only; a restart, or too many other segments, empties the first one. What one of
// them answers is allowed, and narrows down what the other believes.
//
// The hosted cache must retrieve what the first machine retrieves, from the client that it
// names, and then serve it. Package model waits for the requests of the hosted cache, up to
// a limit ([Config.Patience]), and asks it for the blocks. Not required, since the text does
// not settle it: which segments it forgets beyond [Config.Keeps], that it retrieves before
// all block hashes are known, and that it knows anything after a restart.
//
// # Contents
//
// Each time a conversation is played, its segments have new random bytes, which no hosted
// cache can know. So it can be played again with the same one. [Config.RNGSeed] determines
// the steps, not the bytes.
//
// # Restarts
//
// If the hosted cache can be restarted, a conversation is reduced and confirmed with one that
// has just been started. If it then fails only after earlier conversations, these become
// part of it.
package model
