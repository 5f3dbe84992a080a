package exchange

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

// RequestTimeout is when a client gives up an exchange (MS-PCCRR 3.1.2).
const RequestTimeout = 2 * time.Second

// ErrUnfit is the error for an answer to something else than what was asked.
var ErrUnfit = errors.New("pchc: the answer is not to what was asked")

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

// An Asker posts messages.
type Asker struct {
	Transport http.RoundTripper
	Timeout   time.Duration // of a whole exchange
}

// StatusError is the error for an answer whose HTTP status, which it is, is not 200.
type StatusError int

// Error implements error.
func (e StatusError) Error() string {
	return fmt.Sprintf("pchc: the answer has HTTP status %d", int(e))
}

// Post posts a message to a URL, and returns the body of the answer, of at most so many
// bytes. Redirections are not followed: there are none in these protocols.
func (a *Asker) Post(ctx context.Context, url string, message []byte, most int64) ([]byte, error) {
	body, _, err := a.PostAs(ctx, url, "", message, most)
	return body, err
}

// PostAs is Post with an Authorization header field, unless it is empty. It also returns
// the WWW-Authenticate fields of the answer, whatever its status is.
func (a *Asker) PostAs(ctx context.Context, url, authorization string, message []byte, most int64) (body []byte, challenges []string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, a.Timeout, fmt.Errorf("pchc: no answer within %v", a.Timeout))
	defer cancel()
	body, challenges, err = a.exchange(ctx, url, authorization, message, most)
	if err != nil && ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	return body, challenges, err
}

func (a *Asker) exchange(ctx context.Context, url, authorization string, message []byte, most int64) ([]byte, []string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(message))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	// All these messages may come twice. So one is sent again if the server had closed an idle
	// connection just before; the field itself is not sent.
	r.Header["Idempotency-Key"] = nil
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := a.Transport.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	challenges := response.Header.Values("WWW-Authenticate")
	if response.StatusCode != http.StatusOK {
		const rest = 64 << 10 // for the connection to stay, to which an authentication belongs
		_, _ = io.CopyN(io.Discard, response.Body, rest)
		return nil, challenges, StatusError(response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err == nil && int64(len(body)) > most {
		return nil, nil, fmt.Errorf("pchc: the answer has more than %d bytes", most)
	}
	return body, challenges, err
}

// ask posts a request of MS-PCCRR, and returns the answer of the type that belongs to it.
func ask[B pccrr.Body](ctx context.Context, a *Asker, url string, request pccrr.Body) (answer B, err error) {
	message, err := request.MarshalBinary()
	if err != nil {
		return answer, err
	}
	b, err := a.Post(ctx, url, message, pccrr.MaxResponseSize+4)
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

// GetBlock asks for one block. The error is pccrr.ErrNoBlock if the server does not have
// it or is busy, ErrUnfit if the answer is to another request (MS-PCCRR 3.1.5.3).
func (a *Asker) GetBlock(ctx context.Context, url string, id []byte, index uint32) (pccrr.MsgBlk, error) {
	m, err := ask[pccrr.MsgBlk](ctx, a, url, pccrr.NewMsgGetBlks(id, index))
	switch {
	case err != nil:
	case !bytes.Equal(m.SegmentId, id):
		err = ErrUnfit
	case len(m.Block) == 0:
		err = pccrr.ErrNoBlock // what BlockIndex then is, is not defined
	case m.BlockIndex != index:
		err = ErrUnfit
	}
	return m, err
}

// getBlocks returns which of the needed blocks of a segment the server has.
func (a *Asker) getBlocks(ctx context.Context, url string, id []byte, needed pccrr.BlockSet) (pccrr.BlockSet, error) {
	m, err := ask[pccrr.MsgBlkList](ctx, a, url, pccrr.NewMsgGetBlkList(id, needed.Ranges()))
	if err == nil && !bytes.Equal(m.SegmentId, id) {
		err = ErrUnfit
	}
	return needed.And(m.BlockRanges.BlockSet()), err // more does not count (MS-PCCRR 3.1.5.2)
}

// Available returns which of the needed blocks to ask a server for. Of few blocks there
// is no point in asking for a list first (MS-PCCRR 3.1.4.3).
func (a *Asker) Available(ctx context.Context, url string, id []byte, needed pccrr.BlockSet) (pccrr.BlockSet, error) {
	const few = 4
	if needed.Len() < few {
		return needed, nil
	}
	has, err := a.getBlocks(ctx, url, id, needed)
	if malformed := (*pccrr.Error)(nil); errors.As(err, &malformed) {
		return needed, nil // there are servers whose MSG_BLKLIST lacks NextBlockIndex
	}
	return has, err
}

// GetSegments returns which of the segments the hosted cache has, at least partly, by
// their index.
func (a *Asker) GetSegments(ctx context.Context, url string, ids [][]byte) ([]bool, error) {
	var requestID [16]byte
	if _, err := rand.Read(requestID[:]); err != nil {
		return nil, err
	}
	m, err := ask[pccrr.MsgSegList](ctx, a, url, pccrr.NewMsgGetSegList(requestID, pccrr.NewSegmentIDs(ids...)))
	if err != nil {
		return nil, err
	}
	if m.RequestID != requestID {
		return nil, ErrUnfit
	}
	has := make([]bool, len(ids))
	for _, r := range m.SegmentRanges.All() {
		if r.End() > uint64(len(ids)) { // dropped (MS-PCCRR 3.1.5.4)
			return nil, ErrUnfit
		}
		for i := range r.Count {
			has[r.Index+i] = true
		}
	}
	return has, nil
}
