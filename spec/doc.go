// Package spec is the specification of MS-PCHC messages and of MS-PCCRC
// Content Information as data, and the slow, obvious code that reads it.
package spec
