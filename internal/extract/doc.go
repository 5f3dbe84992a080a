// Package extract rebuilds the contents of which the bytes are in a capture: from blocks
// that are decrypted and verified, and from plain bodies of content servers.
//
//	x, err := extract.New(folder, secrets, extract.Options{})
//	_, err = conversation.Read(in, conversation.Options{Secrets: secrets, Plain: true, Parts: true}, x.Item)
//	files, err := x.Finish()
//
// # What is written
//
// Of blocks only what has its hash. Plain bytes are verified at the end where Content
// Information has the hash of the block that they are in, and removed if they do not have
// it; without, they are marked. Where a verified block says something else than a plain
// body, the block counts. While a content has holes, its file is NAME.partial, and the
// holes are zeros in it. Keys are never written.
//
// # Names
//
// A file has the last element of the path of its URL, or of \\server\share\file, without characters that are special
// somewhere, and a number where that name is taken. A segment of an unknown content has its
// HoHoDk. All files are in the folder itself. They are created anew: no link is followed,
// and no file overwritten unless Options.Replace asks for it.
package extract
