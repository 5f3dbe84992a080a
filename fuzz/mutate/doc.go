// Package mutate changes messages of MS-PCHC and Content Information of
// MS-PCCRC, valid or not, into others that are worth trying.
//
// [Append] knows where the parts of a message are: it drops, repeats,
// exchanges and resizes descriptors, segments, block lists and chunks, lies in
// counts and lengths, gives integers boundary values and another byte order,
// cuts and joins at the borders of structures, and takes parts of another
// message. Among this it changes bits and bytes anywhere, and writes words of
// the dictionary of package corpus.
//
// It takes any bytes, also those that it made itself.
package mutate
