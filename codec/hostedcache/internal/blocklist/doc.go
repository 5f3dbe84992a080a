// Package blocklist collects the block hashes of segments from SEGMENT_INFO_MESSAGEs (MS-PCHC
// 2.2.1.4), and verifies blocks with them.
//
// A list is complete if it has as many hashes as the length of the segment needs, and HoD
// is the hash of them: a client may send a part of them, of which not even the place is
// sure, or be wrong about the length.
package blocklist
