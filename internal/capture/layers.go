package capture

import (
	"fmt"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// layer is what some bytes begin with.
type layer uint8

const (
	ordinary layer = iota // nothing that carries IP, such as ARP
	layerIP
	layerSubframes // of an A-MSDU

	layerEthernet
	layerEtherType // an EtherType, and what it announces
	layerLLC
	layerVLAN // the rest of a tag, from behind its EtherType
	layerVNTag
	layerETag
	layerCMD
	layerRedundancy
	layerMACsec
	layerBackbone
	layerTRILL
	layerFabricPath
	layerPPPoE
	layerMPLS
	layerNSH

	layerPPP
	layerMultilink
	layerBridgedPPP
	layerHDLC
	layerFrameRelay
	layerATM

	layerWifi
	layerRadiotap
	layerPrism
	layerAVS
	layerPPI
	layerNFLOG
	layerPFLOG
	layerCooked
	layerCookedTwo

	layerUDP
	layerVXLAN
	layerGENEVE
	layerTeredo
	layerGTP
	layerL2TP
	layerL2TPThree
	layerTZSP
	layerUDPESP
	layerGRE
	layerERSPANTwo
	layerERSPANThree
	layerWCCP
	layerEtherIP

	hiddenMACsec // from here on: what cannot be read
	hiddenMPLS
	hiddenPPP
	hiddenHeaders
	hiddenWifi
	hiddenWifiFragments
	hiddenL2TP
	hiddenESP
	hiddenIPComp
	hiddenMinimal
	layerCount
)

// A stripper looks at the header that b begins with. It returns what follows, and
// the length of the header; tooShort if b does not have all of it.
type stripper func(b []byte) (next layer, n int)

// tooShort is longer than any frame.
const tooShort = 1 << 30

// strippers are those of all layers that one can look into, but for IP.
var strippers = [layerCount]stripper{
	layerEthernet:    stripEthernet,
	layerEtherType:   stripEtherType,
	layerLLC:         stripLLC,
	layerVLAN:        tag(2),
	layerVNTag:       tag(4),
	layerETag:        tag(6),
	layerCMD:         tag(6),
	layerRedundancy:  tag(4),
	layerMACsec:      stripMACsec,
	layerBackbone:    fixed(4, layerEthernet),
	layerTRILL:       stripTRILL,
	layerFabricPath:  fixed(2, layerEthernet),
	layerPPPoE:       stripPPPoE,
	layerMPLS:        stripMPLS,
	layerNSH:         stripNSH,
	layerPPP:         stripPPP,
	layerMultilink:   stripMultilink,
	layerBridgedPPP:  stripBridgedPPP,
	layerHDLC:        stripHDLC,
	layerFrameRelay:  stripFrameRelay,
	layerATM:         stripATM,
	layerWifi:        stripWifi,
	layerRadiotap:    stripRadiotap,
	layerPrism:       stripPrism,
	layerAVS:         stripAVS,
	layerPPI:         stripPPI,
	layerNFLOG:       stripNFLOG,
	layerPFLOG:       stripPFLOG,
	layerCooked:      stripCooked,
	layerCookedTwo:   stripCookedTwo,
	layerUDP:         stripUDP,
	layerVXLAN:       stripVXLAN,
	layerGENEVE:      stripGENEVE,
	layerTeredo:      stripTeredo,
	layerGTP:         stripGTP,
	layerL2TP:        stripL2TP,
	layerL2TPThree:   stripL2TPThree,
	layerTZSP:        stripTZSP,
	layerUDPESP:      stripUDPESP,
	layerGRE:         stripGRE,
	layerERSPANTwo:   fixed(8, layerEthernet),
	layerERSPANThree: stripERSPANThree,
	layerWCCP:        stripWCCP,
	layerEtherIP:     stripEtherIP,
}

// hiddenNames are the names of what cannot be read.
var hiddenNames = [layerCount]string{
	hiddenMACsec:        "encrypted with MACsec",
	hiddenMPLS:          "MPLS with unknown content",
	hiddenPPP:           "PPP that is compressed, encrypted or in pieces",
	hiddenHeaders:       "nested in more than 64 headers",
	hiddenWifi:          "encrypted Wi-Fi (802.11)",
	hiddenWifiFragments: "fragments of Wi-Fi frames (802.11)",
	hiddenL2TP:          "L2TP version 3",
	hiddenESP:           "encrypted with IPsec (ESP)",
	hiddenIPComp:        "compressed IP (IPComp)",
	hiddenMinimal:       "IP with minimal encapsulation (RFC 2004)",
}

// fixed is the stripper of a header that says nothing of interest.
func fixed(n int, next layer) stripper {
	return func([]byte) (layer, int) { return next, n }
}

// maxHeaders is how many headers deep a frame is looked into: ten tunnels with
// VLAN tags.
const maxHeaders = 64

// unwrap takes what begins with l apart down to TCP. wire is its length before
// the capture cut it, headers the number of headers around it.
func (r *Reader) unwrap(l layer, b []byte, wire, headers int) {
	for ; l != ordinary; headers++ {
		switch {
		case headers == maxHeaders:
			l = hiddenHeaders
		case l == layerIP:
			l, b, wire = r.ip(b, wire)
			continue
		case l == layerSubframes:
			r.subframes(b, wire, headers)
			return
		}
		strip := strippers[l]
		if strip == nil {
			r.hide(hiddenNames[l] + ", which cannot be read")
			return
		}
		next, n := strip(b)
		if n > len(b) {
			r.cutHeaders(b, wire)
			return
		}
		l, b, wire = next, b[n:], wire-n
	}
}

// cutHeaders reports, once, that frames are cut before their TCP payload
// begins, if b was longer on the wire. Where the file ends is reported otherwise.
func (r *Reader) cutHeaders(b []byte, wire int) {
	const detail = "the snap length truncates frames within their headers, so their content is unknown: capture whole frames (tcpdump -s 0)"
	if len(b) < wire && !r.torn {
		r.problem(detail, detail)
	}
}

// skipped are frames that were not looked into, for one reason.
type skipped struct {
	why   string
	count int64
	first stamp
	last  int64 // frame
}

// maxReasons bounds the reasons that are counted apart. Only a capture made to
// annoy has more.
const maxReasons = 64

// hide counts the current frame as one that cannot be looked into: it is why.
func (r *Reader) hide(why string) {
	at := -1
	for i := range r.skipped {
		if r.skipped[i].why == why {
			at = i
		}
	}
	if at < 0 {
		if at = len(r.skipped); at == maxReasons {
			r.skipped[at-1].why = "of further kinds, which cannot be read"
			at--
		} else {
			r.skipped = append(r.skipped, skipped{why: why, first: r.now})
		}
		if r.options.Exchanges && at == 0 {
			r.event = Event{Kind: Note, Place: Place{Stream: -1}, Detail: "frames from here on are " + why}
			r.emit(&r.now)
		}
	}
	if s := &r.skipped[at]; s.last != r.now.frame {
		s.count, s.last = s.count+1, r.now.frame
	}
}

// reportSkipped reports at the end what could not be looked into.
func (r *Reader) reportSkipped() {
	for i := range r.skipped {
		s := &r.skipped[i]
		detail := fmt.Sprintf("%d frames are %s (first: frame %d)", s.count, s.why, s.first.frame)
		if s.count == 1 {
			detail = fmt.Sprintf("frame %d is %s", s.first.frame, s.why)
		}
		r.event = Event{Kind: Problem, Place: Place{Stream: -1}, Detail: detail}
		r.emit(&stamp{})
	}
}

// frame takes one frame apart.
func (r *Reader) frame(f *pcapfile.Frame) {
	if f.Link == linkEthernet { // as nearly always
		r.unwrap(layerEthernet, f.Data, f.Wire, 0)
		return
	}
	if f.Link == linkExported {
		r.exported(f.Data, f.Wire)
		return
	}
	t, ok := linkTypes[f.Link]
	switch {
	case !ok:
		r.hide("of " + linkName(f.Link) + ", which cannot be read")
	case len(f.Data) < t.header:
		r.cutHeaders(f.Data, f.Wire)
	default:
		r.unwrap(t.next, f.Data[t.header:], f.Wire-t.header, 0)
	}
}
