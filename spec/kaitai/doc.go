// Package kaitai generates Kaitai Struct definitions from the tables of package
// spec: ms_pchc_request.ksy, ms_pchc_response.ksy, ms_pccrc_v1.ksy and
// ms_pccrc_v2.ksy. Parsers in some fifteen languages can be made of them.
//
// Constraints of one field are in the definitions ("valid"): format rules, since
// a parser refuses what breaks them. Tests compile the definitions and compare
// what the parsers read with what spec does. UPDATE=1 go test ./spec/kaitai
// writes the files anew.
package kaitai
