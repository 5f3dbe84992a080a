package capturetest

import (
	"fmt"
	"strings"
)

// TcpdumpText is a frame as tcpdump shows it with -x, -X, -xx or -XX. With one
// letter the header of the link layer is left out.
func TcpdumpText(link uint32, frame []byte, option string) string {
	if len(option) == 2 { // -x, -X
		frame = frame[headerLen(link, frame):]
	}
	var s strings.Builder
	s.WriteString("15:09:26.535897 IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [P.], length 5\n")
	for at := 0; at < len(frame); at += 16 {
		row := frame[at:min(at+16, len(frame))]
		fmt.Fprintf(&s, "\t0x%04x: ", at)
		for i, c := range row {
			if i%2 == 0 {
				s.WriteByte(' ')
			}
			fmt.Fprintf(&s, "%02x", c)
		}
		if strings.Contains(option, "X") {
			s.WriteString(strings.Repeat(" ", 2+(16-len(row))*5/2) + printable(row))
		}
		s.WriteByte('\n')
	}
	return s.String()
}

// headerLen is the length of the header of the link layer.
func headerLen(link uint32, frame []byte) int {
	switch link {
	case Ethernet:
		n := 14
		for frame[n-2] == 0x81 || frame[n-2] == 0x88 { // VLAN
			n += 4
		}
		return n
	case Null, Loop:
		return 4
	case Linux:
		return 16
	case LinuxTwo:
		return 20
	}
	return 0
}

// View is what tshark has reassembled or decrypted from a frame and those before.
type View struct {
	Title string // such as "Reassembled TCP"
	Data  []byte
}

// TsharkText is a frame as tshark -x shows it.
func TsharkText(frame []byte, views ...View) string {
	var s strings.Builder
	if len(views) > 0 {
		views = append([]View{{"Frame", frame}}, views...)
	} else {
		views = []View{{"", frame}}
	}
	for _, v := range views {
		if v.Title != "" {
			fmt.Fprintf(&s, "%s (%d bytes):\n", v.Title, len(v.Data))
		}
		for at := 0; at < len(v.Data); at += 16 {
			row := v.Data[at:min(at+16, len(v.Data))]
			fmt.Fprintf(&s, "%04x  %-47s   %s\n", at, fmt.Sprintf("% x", row), printable(row))
		}
	}
	s.WriteByte('\n')
	return s.String()
}

func printable(b []byte) string {
	b = append([]byte(nil), b...)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '.'
		}
	}
	return string(b)
}
