package neighbours

import (
	"encoding/json"

	"github.com/hostedcache/pchc/codec/wusp"
	"github.com/hostedcache/pchc/internal/message"
)

var wuspProtocol = protocol{
	name:  "MS-WUSP",
	kinds: soapKinds("wusp", wusp.DecodeFault, wusp.DecodeRequest, wusp.DecodeResponse),
	machine: func(context json.RawMessage) (Machine, error) {
		var c wusp.Context
		if err := strict(context, &c); err != nil {
			return nil, err
		}
		m := wusp.NewMachine(c)
		return &soapMachine{event: m.Event, breaks: m.Breaks}, nil
	},
	requirements: func() []message.Entry {
		return soapRequirements(wusp.Requirements(), wusp.FurtherRequirements(), wusp.FormatRequirements())
	},
	page: "codec/wusp/ms-wusp.md", more: soapPage(wusp.Operations(), wusp.React, wusp.ErrorCodes()),
}
