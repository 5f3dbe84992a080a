// Package conversation follows the conversations in a packet capture: who asked whom
// for which segment and block, and what came of it. It joins requests with their
// responses, collects the segment secrets that the capture has, and decrypts and
// verifies every block.
//
// # Use
//
// [Read] reads a capture and calls a function for each [Item], in the order of the
// capture. Idle of the Capture lets a caller flush while the input is still growing.
//
//	secrets := conversation.NewSecrets()
//	err := secrets.Add(contentInformation, "file.ci") // if there is some beside the capture
//	sum, err := conversation.Read(in, conversation.Options{
//		Capture: capture.Options{File: name, ByFrame: true},
//		Secrets: secrets,
//		Again:   func() (io.ReadCloser, error) { return os.Open(name) }, // nil for a pipe
//	}, func(it *conversation.Item) error {
//		x := it.Exchange
//		switch {
//		case x == nil: // it.Event: a message of MS-PCHC, a problem, a note
//		case !x.Done: // a request of MS-PCCRR, or a piece of a plain body
//		case x.Protocol == capture.PCCRR: // x.Retrieval: x.Client asked x.Server for x.Retrieval.Segment
//		case x.Protocol == capture.PCCRTP, x.Protocol == capture.SMB2: // x.Transfer: x.Client asked x.Server for x.Transfer.Content
//		case x.Protocol == capture.PCCRD: // x.Discovery
//		}
//		return nil
//	})
//
// What the function gets is valid until it returns, but for [Content], which stays the
// same as long as the Secrets.
//
// # Exchanges
//
// Each item has an event of the capture ([Item.Event]), and where that belongs to
// retrieval, discovery or content, the exchange so far:
//
//	event of the capture          Exchange
//	Request of MS-PCCRR           not Done: Request, Retrieval.Asked
//	Response of MS-PCCRR          Done: also Response, Retrieval.Answer, Retrieval.Block of a MSG_BLK
//	Failure, Unanswered           Done: Result Failed with Status, or Unanswered or Missing with Ending
//	Content (peerdist)            Done: Transfer.Information
//	Plain                         Done: Transfer.Range, Bytes and Missing; no body
//	Part, if Options.Parts        not Done: a piece of the body of the Plain that follows, in Event.Body;
//	                              Transfer.Range is where in the content it is, if Known
//	Datagram                      Done: Discovery; Probe alone (Asked), or ProbeMatches with its Probe
//	all others                    nil
//
// Client and Server are the roles in this exchange: a hosted cache is the Client of the
// host that made an offer. [Exchange.Result] tells hits from misses (an empty block, an
// empty list) and from what went wrong, [Exchange.Reason] says in words what that is,
// and [Exchange.Took] how long the answer took. A message that violates a format rule is
// there, too: Message.Err says which, and it is decoded as far as its envelope allows.
//
// A request whose response was not captured ends as Unanswered, and as Missing if its body
// was not captured whole; a response whose
// request was not captured has Request nil.
//
// # Blocks
//
// A MSG_BLK with a block has [Retrieval.Block]: its segment, index, length and hash, if
// it is verified, and if not, the [Fault] and a reason. [Block.At] lists where in which
// contents it is, by the URL of their Content Information. With Options.Plain it also
// has the decrypted bytes. The whole block is in Event.Body, encrypted.
//
// Secrets come from Content Information in HTTP and SMB2, from SEGMENT_INFO_MESSAGEs, and from
// what the caller adds. At the first block whose segment is not known, the input is read
// once more to its end, if it can be, so that Content Information may come later than
// the block. A capture that has its secrets first does not pay for it.
//
// # Order and memory
//
// Blocks are decrypted and hashed on several goroutines; the function is called on the
// goroutine of the caller, and in order. What waits for a block is bounded, and so are
// secrets, requests without response, and Probes. What had to be given up is said in the
// Reason of the block that needs it, or shows as a response without Request.
package conversation
