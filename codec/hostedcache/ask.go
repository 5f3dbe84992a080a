package hostedcache

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
)

// requestTimeout is when a client gives up an exchange (MS-PCCRR 3.1.2).
const requestTimeout = 2 * time.Second

// errUnfit is the error for an answer to something else than what was asked.
var errUnfit = errors.New("pchc: the answer is not to what was asked")

// NewTransport returns the transport that a Cache and a Client use by themselves. It
// connects to the host of the URL, not to a proxy, and limits what servers can take. Set
// TLSClientConfig for certificates that the system does not know.
func NewTransport() *http.Transport {
	return &http.Transport{
		DisableCompression:     true,
		MaxIdleConnsPerHost:    1,
		MaxIdleConns:           64,
		IdleConnTimeout:        30 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 8 << 10,
	}
}

// An asker posts messages.
type asker struct {
	transport http.RoundTripper
	timeout   time.Duration // of a whole exchange
}

// post returns the body of the answer, of at most so many bytes. Redirections are not
// followed: there are none in these protocols.
func (a *asker) post(ctx context.Context, url string, message []byte, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, a.timeout, fmt.Errorf("pchc: no answer within %v", a.timeout))
	defer cancel()
	body, err := a.exchange(ctx, url, message, most)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return body, err
}

func (a *asker) exchange(ctx context.Context, url string, message []byte, most int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	response, err := a.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("pchc: the answer has HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err == nil && int64(len(body)) > most {
		return nil, fmt.Errorf("pchc: the answer has more than %d bytes", most)
	}
	return body, err
}

// ask posts a request of MS-PCCRR, and returns the answer of the type that belongs to it.
func ask[B pccrr.Body](ctx context.Context, a *asker, url string, request pccrr.Body) (answer B, err error) {
	message, err := request.MarshalBinary()
	if err != nil {
		return answer, err
	}
	b, err := a.post(ctx, url, message, pccrr.MaxResponseSize+4)
	if err != nil {
		return answer, err
	}
	r, err := pccrr.DecodeResponseMessage(b)
	if err != nil {
		return answer, err
	}
	body, err := r.DecodeBody()
	if err != nil {
		return answer, err
	}
	answer, ok := body.(B)
	if !ok { // perhaps MSG_NEGO_RESP: it speaks no version that there is
		return answer, fmt.Errorf("pchc: %v is answered with %v", request.MsgType(), r.MessageHeader.MsgType)
	}
	return answer, nil
}

// getBlock asks for one block. The error is pccrr.ErrNoBlock if the server does not have
// it or is busy, errUnfit if the answer is to another request (MS-PCCRR 3.1.5.3).
func (a *asker) getBlock(ctx context.Context, url string, id []byte, index uint32) (pccrr.MsgBlk, error) {
	m, err := ask[pccrr.MsgBlk](ctx, a, url, pccrr.NewMsgGetBlks(id, index))
	switch {
	case err != nil:
	case !bytes.Equal(m.SegmentId, id):
		err = errUnfit
	case len(m.Block) == 0:
		err = pccrr.ErrNoBlock // what BlockIndex then is, is not defined
	case m.BlockIndex != index:
		err = errUnfit
	}
	return m, err
}

// getBlocks returns which of the needed blocks of a segment the server has.
func (a *asker) getBlocks(ctx context.Context, url string, id []byte, needed blockSet) (blockSet, error) {
	m, err := ask[pccrr.MsgBlkList](ctx, a, url, pccrr.NewMsgGetBlkList(id, needed.ranges()))
	if err == nil && !bytes.Equal(m.SegmentId, id) {
		err = errUnfit
	}
	return needed.and(setOf(m.BlockRanges)), err // more does not count (MS-PCCRR 3.1.5.2)
}

// available returns which of the needed blocks to ask a server for. Of few blocks there
// is no point in asking for a list first (MS-PCCRR 3.1.4.3).
func (a *asker) available(ctx context.Context, url string, id []byte, needed blockSet) (blockSet, error) {
	const few = 4
	if needed.len() < few {
		return needed, nil
	}
	has, err := a.getBlocks(ctx, url, id, needed)
	if malformed := (*pccrr.Error)(nil); errors.As(err, &malformed) {
		return needed, nil // there are servers whose MSG_BLKLIST lacks NextBlockIndex
	}
	return has, err
}

// getSegments returns which of the segments the hosted cache has, at least partly, by
// their index.
func (a *asker) getSegments(ctx context.Context, url string, ids [][]byte) ([]bool, error) {
	var requestID [16]byte
	if _, err := rand.Read(requestID[:]); err != nil {
		return nil, err
	}
	m, err := ask[pccrr.MsgSegList](ctx, a, url, pccrr.NewMsgGetSegList(requestID, pccrr.NewSegmentIDs(ids...)))
	if err != nil {
		return nil, err
	}
	if m.RequestID != requestID {
		return nil, errUnfit
	}
	has := make([]bool, len(ids))
	for _, r := range m.SegmentRanges.All() {
		if r.End() > uint64(len(ids)) { // dropped (MS-PCCRR 3.1.5.4)
			return nil, errUnfit
		}
		for i := range r.Count {
			has[r.Index+i] = true
		}
	}
	return has, nil
}
