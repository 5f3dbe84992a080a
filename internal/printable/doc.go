// Package printable makes text from untrusted sources safe to print: names of
// files and fields, quoted input, what a program answered.
//
// A terminal acts upon control characters, and marks that change the writing
// direction make text look like other text. Package encoding/json escapes neither
// DEL nor the control characters above it, encoding/xml not even those.
package printable
