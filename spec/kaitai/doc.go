// Package kaitai generates Kaitai Struct definitions from the tables of package
// spec: ms_pchc_request.ksy, ms_pchc_response.ksy, ms_pccrc_v1.ksy and
// ms_pccrc_v2.ksy. The Kaitai Struct compiler turns them into parsers in about
// fifteen languages.
//
// The definitions contain the format rules of single fields ("valid"), so parsers
// reject what violates them. Tests compile the definitions and compare the
// results of the parsers with those of spec. UPDATE=1 go test ./spec/kaitai
// generates the files again.
package kaitai
