// Package oxcfxics reads and writes how a mail client uploads the state of its
// incremental change synchronization (MS-OXCFXICS 3.3.4.3.1), and checks the order in
// which it does. It stands alone: nothing else of this module needs it.
//
//	type         structure                                     section
//	Globset      GLOBSET, compressed ranges of counters        MS-OXCFXICS 2.2.2.6
//	IDSet        IDSET, pairs of a replica and a GLOBSET       MS-OXCFXICS 2.2.2.4
//	StateBlock   properties of the state, one after another    MS-OXCFXICS 2.2.1.1
//	Request      requests of six ROPs                          MS-OXCFXICS 2.2.3.2
//	Response     responses of the same                         MS-OXCFXICS 2.2.3.2
//	Upload       the ROPs with which a client uploads state    MS-OXCFXICS 3.3.4.3.1
//	Checker      the order of ROPs in a session                MS-OXCFXICS 3.3.4.3.1
//
// All integers of ROPs are little-endian. A counter (GLOBCNT) has six bytes, the most
// significant first.
//
// # Decoding and encoding
//
// Decoders return views of their input and allocate nothing, or one [Error] for the
// first format rule that is violated. Ranges are read when they are iterated over. A
// set has many encodings, and a decoder takes each; encoders write one, the canonical
// form, and nothing on an error.
//
// # Three results
//
// Format errors, what a sender must not do, and what comes at the wrong time are
// different things. An [Error] of a decoder is the first. [IDSet.Arrangement] and
// [Request.Warnings] have the second: the bytes decode, and a receiver may accept them.
// [Checker] has the third, of which [Statements] is the list.
//
// # Where the specification is silent
//
// A Bitmask with values above 0xFF in the last byte is refused, although the text does
// not say what it means. A GLOBSET of nothing but End decodes, and is reported as
// [RuleGlobsetEmpty].
package oxcfxics
