package http

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// everyVersion is a range of versions that a client may have.
var everyVersion = pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version2}

// retrievalCase makes a case of a valid request.
func retrievalCase(body pccrr.Body) target.Case {
	b, err := body.AppendLenient(nil)
	if err != nil {
		panic(err) // a bug in this package
	}
	return target.NewCase(fuzz.Message{Kind: spec.RetrievalRequest, Bytes: b})
}

// retrievalProbes ask for a segment that nobody has. The answer to one is always the same.
func retrievalProbes(*endpoint) (all []target.Case, others int) {
	id := random(idLen)
	return []target.Case{
		retrievalCase(pccrr.NewMsgGetBlkList(id, pccrr.NewRanges(pccrr.Range{Count: 1}))),
		retrievalCase(pccrr.NewMsgGetBlks(id, 0)),
		retrievalCase(pccrr.NewMsgNegoReq(everyVersion)),
		retrievalCase(pccrr.NewMsgGetSegList([16]byte(random(16)), pccrr.NewSegmentIDs(id))),
	}, 1
}

// learnVersions asks for the versions of a retrieval server.
func learnVersions(s *session, ctx context.Context) {
	c := retrievalCase(pccrr.NewMsgNegoReq(everyVersion))
	a := s.say(ctx, c.Bytes, mustAnswer, false)
	if s.t.judgeAnswer(&c, &a) != nil {
		return
	}
	if m, err := pccrr.DecodeMsgNegoResp(a.body); err == nil {
		s.t.learned.versions = [2]uint64{uint64(m.MinSupportedProtocolVersion.MajorVersion), uint64(m.MaxSupportedProtocolVersion.MajorVersion)}
	}
}

// mostSeeds limits the number of messages about the content that is known.
const mostSeeds = 1 << 12

// Seeds implements [target.Seeder]: requests for the content that is known.
func (t *endpoint) Seeds() (all []fuzz.Message) {
	add := func(bodies ...pccrr.Body) {
		for _, b := range bodies {
			all = append(all, retrievalCase(b).Message)
		}
	}
	ids := pccrr.NewSegmentIDs()
	for _, id := range t.knownIDs() {
		if len(all) >= mostSeeds {
			break
		}
		s, name := t.known[id](), []byte(id)
		blocks := uint32((uint64(s.Length) + uint64(s.BlockSize) - 1) / uint64(s.BlockSize))
		several := pccrr.NewMsgGetBlks(name, 0)
		several.ReqBlockRanges = pccrr.NewRanges(pccrr.Range{Index: 0, Count: blocks + 1})
		unsorted := several
		unsorted.ReqBlockRanges = pccrr.NewRanges(pccrr.Range{Index: blocks - 1, Count: 1}, pccrr.Range{Index: 0, Count: 1})
		add(pccrr.NewMsgGetBlkList(name, pccrr.NewRanges(pccrr.Range{Index: 0, Count: pccrr.MaxBlocks})),
			pccrr.NewMsgGetBlkList(name, pccrr.NewRanges(pccrr.Range{Index: blocks, Count: 1}, pccrr.Range{Index: 0, Count: 1})),
			pccrr.NewMsgGetBlkList(name, pccrr.NewRanges(pccrr.Range{Index: 1<<32 - 1, Count: 1<<32 - 1})),
			several, unsorted)
		for i := range min(blocks+1, pccrr.MaxBlocks) {
			for algorithm := range pccrr.CryptoAES256 + 1 {
				m := pccrr.NewMsgGetBlks(name, i)
				m.CryptoAlgoId = algorithm
				add(m)
			}
		}
		if ids.Len() < 64 {
			ids = ids.Append(name)
			add(pccrr.NewMsgGetSegList([16]byte(name), ids))
		}
	}
	return all
}

// checkRetrieval asks for what follows from an answer that says that the server has
// something: nobody has segments with random identifiers, and of a list that the server
// sends, it has the blocks.
func checkRetrieval(s *session, ctx context.Context, c *target.Case, a *answer) *fuzz.Difference {
	requirement := claims(a.body)
	if requirement == "" {
		return nil
	}
	unknown := bytes.Clone(c.Bytes)
	for _, n := range segmentIDs(c.Expected) {
		copy(unknown[n.Offset:], random(len(n.Raw())))
	}
	if b := s.say(ctx, unknown, mustAnswer, false); claims(b.body) == requirement {
		return mismatch(requirement, "if the request is about random segments, the answer says that the server has them, too")
	}
	if requirement == listRequirement {
		return s.fetch(ctx, a.body)
	}
	return nil
}

// claims returns the requirement that an answer would violate that says that the server
// has something, if it has not; "" if it does not say so.
func claims(body []byte) string {
	r, err := pccrr.DecodeResponseMessage(body)
	if err != nil {
		return ""
	}
	b, err := r.DecodeBody()
	if err != nil {
		return ""
	}
	switch m := b.(type) {
	case pccrr.MsgBlkList:
		if m.BlockRanges.Len() > 0 {
			return listRequirement
		}
	case pccrr.MsgBlk:
		if len(m.Block) > 0 {
			return blockRequirement
		}
	case pccrr.MsgSegList:
		if m.SegmentRanges.Len() > 0 {
			return segmentsRequirement
		}
	}
	return ""
}

// fetch asks for the first and the last block of a MSG_BLKLIST.
func (s *session) fetch(ctx context.Context, list []byte) *fuzz.Difference {
	m, err := pccrr.DecodeMsgBlkList(list)
	if err != nil {
		return nil
	}
	first, last := m.BlockRanges.At(0), m.BlockRanges.At(m.BlockRanges.Len()-1)
	for _, index := range []uint64{uint64(first.Index), last.End() - 1} {
		if d := s.fetchBlock(ctx, m.SegmentId, uint32(index)); d != nil {
			return d
		}
	}
	return nil
}

// fetchBlock asks for a block that the server has listed. It may be busy, but not each
// time.
func (s *session) fetchBlock(ctx context.Context, id []byte, index uint32) *fuzz.Difference {
	again := retrievalCase(pccrr.NewMsgGetBlkList(id, pccrr.NewRanges(pccrr.Range{Index: index, Count: 1})))
	c := retrievalCase(pccrr.NewMsgGetBlks(id, index))
	for range 3 {
		a := s.say(ctx, c.Bytes, mustAnswer, false)
		a.took = 0
		if d := s.t.judgeAnswer(&c, &a); d != nil {
			d.Detail = "the MSG_GETBLKS for a block that it lists: " + d.Detail
			return d
		}
		if claims(a.body) != "" {
			return nil
		}
		if a = s.say(ctx, again.Bytes, mustAnswer, false); claims(a.body) != listRequirement {
			return nil // it is no longer there
		}
	}
	return mismatch(blockRequirement, fmt.Sprintf("the answer lists block %d, which the server does not send", index))
}
