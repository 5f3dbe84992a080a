// Package filter selects what of a capture is shown: by types of messages, by who talks
// to whom, by frames and times, by segments and content tags, and by violations.
//
//	filter.go  criteria, and which of them an exchange meets
//	message.go what a message is: its type, version, segments and tags
//	parse.go   values as people write them
//	marks.go   frames of what was kept, for findings about them
//
// All criteria have to be met; of several values of one criterion, one is enough. An
// exchange is one thing: its request and its response together meet the criteria, and
// both are kept. Nothing is dissected, or turned into text, before that is decided.
package filter
