// Package foreign knows files that are neither a message nor a capture that can be
// read: archives, compressed data, captures of other programs, documents. It tells
// them by their first bytes, for an error that names them and says what helps.
package foreign
