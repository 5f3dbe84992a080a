// Package mutate changes messages of MS-PCHC and Content Information of
// MS-PCCRC, valid or not, into others that are worth trying.
package mutate
