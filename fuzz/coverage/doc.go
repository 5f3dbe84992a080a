/*
Package coverage tells how much of the specification a set of messages covers,
in whatever language the implementation is written that reads them.

A [Point] is one thing that a message can show: a field with a value of some
class, a list with a length of some class, a field that is cut short, a rule
broken at the first, last or another element, two rules broken together. The
points are derived from the tables of package spec, so there is a fixed number
of them, some thousands; not all of them can be covered. A [Map] is a set of
points.

What belongs to which class:

  - An integer has a class of its own for each value at which something changes:
    those that its rules name and their neighbours, those values in the wrong
    byte order, 0, 1, and the largest with and without sign. All others fall
    into classes by their number of bits.
  - A byte string is all zeros, all ones, one of the well-known tags, or
    something else. Where its length is not fixed, lengths near that of a hash
    are classes of their own.
  - Lists have 0, 1, 2, 3 to 7, 8 to 31, 32 to 126, 127, 128, 129 to 510, 511, 512 or
    more elements. Their elements count as one: a value in any of them covers
    the point.
  - A violation is told by rule and field, and by the place of the element (only,
    first, last, in between) in each list around it. Two violations of different
    rules in one message are told if they are the first two.

Covering a message takes less time than dissecting it, and no memory.
*/
package coverage
