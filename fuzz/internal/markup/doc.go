// Package markup finds the parts of a text in XML: tags, comments, characters. It reads
// any bytes, well formed or not, so that what changes or reduces such texts need not care.
// It allocates nothing.
package markup
