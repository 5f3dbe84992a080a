// Package message shows MS-PCHC messages: as a tree of offsets, bytes, names and
// meanings for people, as a line for lists, and as JSON for programs.
//
// Everything appends to a byte slice and returns it. A segment's key
// (SegmentSecret) appears in none of it unless ShowSecrets is set, but for the
// whole message that Raw adds to JSON.
package message
