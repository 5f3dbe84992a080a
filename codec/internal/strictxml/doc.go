// Package strictxml reads XML 1.0 with namespaces token by token and rejects
// everything that is not well formed. encoding/xml accepts several roots, text around
// them, document types, and prefixes that nobody declared; here
//
//   - there is exactly one root element, and only white space and comments around it;
//   - document types are refused, so that entities are the five predefined ones, and
//     processing instructions as well, unless [Limits] accepts them;
//   - the bytes are UTF-8, and each is a character of XML;
//   - length, depth, attributes and namespace declarations are bounded.
//
// A [Reader] hands out views of its input wherever the bytes mean themselves, and
// allocates for its stacks only, which Reset keeps. A caller compares names by their
// namespace and local name; prefixes are of no use but for [Reader.Resolve].
package strictxml
