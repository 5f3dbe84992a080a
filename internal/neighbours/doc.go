// Package neighbours connects the command with the packages of the protocols that
// BranchCache lives beside: MS-WUSP, MS-WSUSSS, MS-OXCFXICS and the WebDAV
// replication extension. Nothing else imports those.
//
// Each protocol has a file with three tables: its kinds of input ([Kind]), the machine
// that checks an order of calls ([Machine]), and its requirements.
//
//	neighbours.go  the tables of all protocols
//	trace.go       orders of calls, one a line of JSON
//	soap.go        what messages of wusp and wsusss have in common
//	wusp.go        MS-WUSP
//	wsusss.go      MS-WSUSSS
//	oxcfxics.go    MS-OXCFXICS
//	webdav.go      the WebDAV replication extension
package neighbours
