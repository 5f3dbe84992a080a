package spec

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// DiscoveryServer is the server of MS-PCCRD 3.2, a peer that tells what segments it has.
type DiscoveryServer struct {
	Address    string   // "urn:uuid:" and a UUID of the peer
	XAddrs     []string // where it serves MS-PCCRR: host:port
	InstanceId uint32   // more than before it started

	segments map[string]heldSegment
	messages uint32
}

// heldSegment is what a DiscoveryServer has of a segment.
type heldSegment struct {
	blocks uint32
	all    bool
}

// Hold says how many blocks of a segment the peer has, and whether those are all; 0 for
// none.
func (s *DiscoveryServer) Hold(hoHoDk string, blocks uint32, all bool) {
	if s.segments == nil {
		s.segments = map[string]heldSegment{}
	}
	if blocks == 0 {
		delete(s.segments, hoHoDk)
		return
	}
	s.segments[hoHoDk] = heldSegment{blocks, all}
}

// Receive takes a datagram (3.2.4.1). If the peer has segments of the Probe, it answers
// after a delay, which the caller chooses at random from [MinBackoff] to [MaxBackoff]
// (3.2.2); others count as the nearest of these. messageID is "urn:uuid:" and a UUID that
// no other message has. The action is [Unicast] or [Drop].
func (s *DiscoveryServer) Receive(now, delay time.Duration, messageID string, message []byte) Action {
	d := Dissect(Discovery, message)
	if v, malformed := d.First(); malformed {
		return Drop{Rule: v.Rule}
	}
	m, _ := d.Discovery()
	if m.Probe == nil {
		return Drop{Rule: "PCCRD-3.2.4.1-NoMatch"}
	}
	match := Fields{"EndpointReference": Fields{"Address": s.Address}, "Types": discoveryTypes[m.Probe.Version], "XAddrs": texts(s.XAddrs), "MetadataVersion": uint64(m.Probe.Version)}
	var ids []string
	var counts []byte
	bits := make([]byte, (len(m.Probe.HoHoDks)+3)/4)
	for i, id := range m.Probe.HoHoDks {
		held, has := s.segments[id]
		if !has {
			continue
		}
		ids, counts = append(ids, upperHex(id)), binary.BigEndian.AppendUint32(counts, held.blocks)
		state := byte(2)
		if held.all {
			state = 3
		}
		bits[i/4] |= state << (6 - 2*(i%4))
	}
	if ids == nil {
		return Drop{Rule: "PCCRD-3.2.4.1-NoMatch"}
	}
	if m.Probe.Version == 1 {
		match["Scopes"], match["PeerDistData"] = texts(ids), Fields{"BlockCount": upperHex(string(counts))}
	} else {
		match["Scopes"] = []any{base64.StdEncoding.EncodeToString(bits)}
	}
	s.messages++
	return Unicast{At: now + min(max(delay, MinBackoff), MaxBackoff), Message: assembleDiscovered("ProbeMatches", Fields{
		"Header": Fields{"To": namespaceAddressing + "/role/anonymous", "Action": namespaceDiscovery + "/ProbeMatches", "MessageID": messageID, "RelatesTo": m.MessageID,
			"AppSequence": Fields{"InstanceId": uint64(s.InstanceId), "MessageNumber": uint64(s.messages)}},
		"Body": Fields{"ProbeMatches": Fields{"ProbeMatch": []any{match}}},
	})}
}

// discoveryTypes are the Types of the versions.
var discoveryTypes = [...]string{1: "PeerDist:PeerDistData", 2: "PeerDist:PeerDistDataV2"}

// matchingRules are the MatchBy of the versions.
var matchingRules = [...]string{1: namespaceDiscovery + "/strcmp0", 2: "http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule"}

// assembleProbe writes a Probe.
func assembleProbe(messageID string, version uint8, hoHoDks []string) []byte {
	var scopes []any
	if version == 1 {
		for _, id := range hoHoDks {
			scopes = append(scopes, upperHex(id))
		}
	} else if n := len(hoHoDks); n > 0 && n <= maxProbeIDs {
		b := append(binary.BigEndian.AppendUint16(nil, uint16(len(hoHoDks[0]))), byte(n))
		scopes = []any{base64.StdEncoding.EncodeToString(append(b, strings.Join(hoHoDks, "")...))}
	}
	return []byte(assembleDiscovered("Probe", Fields{
		"Header": Fields{"To": "urn:schemas-xmlsoap-org:ws:2005:04:discovery", "Action": namespaceDiscovery + "/Probe", "MessageID": messageID},
		"Body":   Fields{"Probe": Fields{"Types": discoveryTypes[version], "MatchBy": matchingRules[version], "Scopes": scopes}},
	}))
}

func assembleDiscovered(message string, fields Fields) string {
	b, err := Assemble(message, fields)
	if err != nil {
		panic(err) // the fields are those of the message
	}
	return string(b)
}

// upperHex writes bytes in upper-case hexadecimal, the digits that iPXE compares.
func upperHex(id string) string { return strings.ToUpper(hex.EncodeToString([]byte(id))) }

func texts(all []string) (list []any) {
	for _, s := range slices.Clone(all) {
		list = append(list, s)
	}
	return list
}
