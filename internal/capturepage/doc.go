// Package capturepage writes a page with the exchanges in captures: a row each, a time
// line, and for each exchange the bytes and the fields of its messages, linked.
//
// A [Writer] takes items, and findings about them, as they come, and keeps none: the rows
// are JSON in the page, the messages of an exchange compressed JSON within its row,
// which the script of the page unpacks when they are opened.
//
// # What is left out
//
// Of a field, bytes beyond [MostOfField]; of a message, bytes once there are [MostBytes] of
// it, and rows of the tree once there are [MostFields]; the messages of all further exchanges once the page
// has [MostMessages] bytes; and all further rows once it has [MostPage]. The page
// says so wherever that is, and how to see the rest.
//
// Bytes that may belong to keys are not on the page, unless Options.ShowSecrets is set:
// the bytes of a message are only those that its tree shows.
package capturepage
