// Package resource reads what the processes of a target use, and says what that means:
// memory that grows without end, open files, threads, and processor time that grows
// faster than a message or with the age of a process.
//
// A [Watcher] reads a process and its children ([Usage]), and ends them if they exceed
// [Limits]. It needs Linux: elsewhere its Usage is an error.
//
// The statistics are functions of measured points: [Grows] tells growth without end from
// warm-up and from the saw-tooth of a garbage collector, [Exponent] says how time grows
// with the size of a message, and [Sparkline] draws points as text.
package resource
