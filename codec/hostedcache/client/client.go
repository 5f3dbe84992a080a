package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/pccrc"
)

// Client is a client of a hosted cache. It offers what a [Peer] serves (MS-PCHC 3.2), and
// retrieves (MS-PCCRR 3.1). Set its fields first; any number of goroutines may then use
// it.
type Client struct {
	// HTTP is the URL of the hosted cache without a path, such as "http://cache:80", for
	// version 2.0 and for what is retrieved.
	HTTP string
	// HTTPS is the same for version 1.0, such as "https://cache". If it is empty, Content
	// Information of version 1.0 is offered by version 2.0.
	HTTPS string
	// Port is where a Peer serves the blocks that are offered.
	Port uint16
	// Tag is the content tag of offers.
	Tag codec.ContentTag
	// Timeout is how long the hosted cache may take to answer for a block. 0 means 2
	// seconds (MS-PCCRR 3.1.2).
	Timeout time.Duration
	// OfferTimeout is how long the hosted cache may take to answer an offer. 0 means 10
	// seconds, two ticks of the request timer (MS-PCHC 3.2.2).
	OfferTimeout time.Duration
	// Negotiate, if not nil, begins an authentication by SPNEGO where the hosted cache, the
	// host of HTTPS without a port, demands one. It may for version 1.0 over HTTPS only.
	Negotiate func(ctx context.Context, host string) (Negotiation, error)
	// Transport sends the requests, and must not follow redirections. Nil is that of
	// hostedcache.NewTransport.
	Transport http.RoundTripper
}

// offerTimeout is the default of OfferTimeout.
const offerTimeout = 10 * time.Second

// Offer offers the segments of a content to the hosted cache, which then fetches what it
// lacks from the Peer. What cannot be offered does not keep the rest from it,
// unless ctx is done; the errors are joined.
func (c *Client) Offer(ctx context.Context, info pccrc.ContentInformation) error {
	a, done := c.asker(cmp.Or(c.OfferTimeout, offerTimeout))
	defer done()
	if v1, ok := info.(pccrc.ContentInformationV1); ok && c.HTTPS != "" {
		var failed []error
		for i, s := range v1.SegmentInformations() {
			if err := c.offerV1(ctx, a, s); err != nil {
				failed = append(failed, fmt.Errorf("segment %d: %w", i, err))
			}
			if ctx.Err() != nil {
				break
			}
		}
		return errors.Join(failed...)
	}
	descriptors, err := codec.SegmentDescriptors{}.AppendSegments(c.Tag, info.Segments())
	if err != nil {
		return err
	}
	var failed []error
	for m := range codec.SplitDescriptors(c.Port, descriptors) {
		if _, err := c.postOffer(ctx, a, c.HTTP+codec.PathV2, codec.TypeBatchedOffer, m); err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// offerV1 offers one segment, and says more of it if the hosted cache asks for that
// (MS-PCHC 3.2.5.1).
func (c *Client) offerV1(ctx context.Context, a *exchange.Asker, s pccrc.ContentInformationV1) error {
	url := c.HTTPS + codec.PathV1
	code, err := c.postOffer(ctx, a, url, codec.TypeInitialOffer, codec.NewInitialOfferMessage(c.Port, s.AppendHoHoDk(nil, 0)))
	if err != nil || code != codec.ResponseInterested {
		return err
	}
	_, err = c.postOffer(ctx, a, url, codec.TypeSegmentInfo, codec.NewSegmentInfoMessage(c.Port, c.Tag, s))
	return err
}

// postOffer posts a message of MS-PCHC, and returns the response code.
func (c *Client) postOffer(ctx context.Context, a *exchange.Asker, url string, t codec.MessageType, m interface{ MarshalBinary() ([]byte, error) }) (codec.ResponseCode, error) {
	message, err := m.MarshalBinary()
	if err != nil {
		return 0, err
	}
	const most = 64 // a response has 5 bytes
	answer, err := c.authenticated(ctx, a, url, t != codec.TypeBatchedOffer, message, most)
	if err != nil {
		return 0, err
	}
	return codec.DecodeResponseMessage(answer, t)
}

// asker returns what sends the requests. A timeout of 0 stands for that of MS-PCCRR.
func (c *Client) asker(timeout time.Duration) (a *exchange.Asker, done func()) {
	if timeout <= 0 {
		timeout = exchange.RequestTimeout
	}
	if c.Transport != nil {
		return &exchange.Asker{Transport: c.Transport, Timeout: timeout}, func() {}
	}
	t := exchange.NewTransport()
	return &exchange.Asker{Transport: t, Timeout: timeout}, t.CloseIdleConnections
}
