/*
Package coverage measures how much of the specification a set of messages covers,
for implementations in any language.

A [Point] is one feature that a message can have: a field with a value of some
class, a list with a length of some class, a truncated field, a rule violated in
the first, last or another element, two rules violated together. The points are
derived from the tables of package spec, so their number is fixed, some thousands.
Not all of them can be covered. A [Map] is a set of points.

The classes:

  - An integer has one class for each boundary value: the values that its rules
    name and their neighbours, those values in the wrong byte order, 0, 1, and the
    largest signed and unsigned values. All other values fall into classes by their
    number of bits.
  - A byte string is all zeros, all ones, one of the well-known tags, or other. If
    its length is not fixed, lengths close to that of a hash have their own classes.
  - A list has 0, 1, 2, 3 to 7, 8 to 31, 32 to 126, 127, 128, 129 to 510, 511, 512
    or more elements. Its elements share their points: a value in any of them covers
    the point.
  - A violation is identified by rule and field, and by the place of the element
    (only, first, last, middle) in each list around it. A pair of violations is the
    first two of a message, if their rules differ.

Measuring a message takes less time than dissecting it, and no memory.
*/
package coverage
