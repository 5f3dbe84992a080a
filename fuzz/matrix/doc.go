// Package matrix compares implementations by the features of the specifications: a
// row for each decoder, hosted cache or client, a column for each structure and role.
//
// [Parse] reads which implementations there are, and how they are run, from TOML. A
// campaign of each gives a report; [New] makes the table of all, and [Text], [HTML] and
// [JSON] write it.
//
// What was not tried is not "ok": a cell counts the requirements that messages violated,
// and names those that none did.
package matrix
