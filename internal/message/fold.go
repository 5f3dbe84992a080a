package message

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// What is shown of a list or of bytes that a tree folds. What violates a rule is always
// shown, and so is what would save fewer than leastHidden rows.
const (
	firstElements = 2
	lastElements  = 1
	firstLines    = 3
	lastLines     = 1
	leastHidden   = 4
)

// faultyPaths returns the paths of all fields with violations, and of all structures
// around them.
func faultyPaths(violations []spec.Violation) map[string]bool {
	paths := make(map[string]bool)
	for i := range violations {
		for path := violations[i].Field; path != "" && !paths[path]; {
			paths[path] = true
			path = path[:max(strings.LastIndexByte(path, '.'), 0)]
		}
	}
	return paths
}

// foldable returns the end of the run of elements from i on that a tree folds: i itself
// if it shows that element.
func (c *collector) foldable(children []spec.Node, i int) int {
	if !c.text.Fold || i < firstElements {
		return i
	}
	end := i
	for end < len(children)-lastElements && !c.isFaulty(&children[end]) {
		end++
	}
	if end-i < leastHidden {
		return i
	}
	return end
}

// isFaulty reports whether an element of the list at the present path, or anything in it,
// violates a rule.
func (c *collector) isFaulty(n *spec.Node) bool {
	if c.violations == nil {
		return false
	}
	length := c.enter(n)
	defer func() { c.path = c.path[:length] }()
	return c.faulty[string(c.path)]
}

// hidden makes a row for elements that are not shown. before is the one above them.
func (c *collector) hidden(before *spec.Node, some []spec.Node, depth int) {
	first, last := &some[0], &some[len(some)-1]
	end := last.Offset + last.Size
	value := Count(len(some), "element") + " not shown, " + Count(end-first.Offset, "byte")
	equal := true
	for i := range some {
		equal = equal && bytes.Equal(some[i].Raw(), before.Raw())
	}
	if equal && len(before.Raw()) > 0 {
		value += ", all equal to [" + strconv.Itoa(before.Index) + "]"
	}
	c.add(Row{Offset: first.Offset, depth: depth, Name: first.Name + rangeOf(first.Index, last.Index), Value: value, folded: true})
}

// rangeOf returns the index of several elements.
func rangeOf(first, last int) string {
	return "[" + strconv.Itoa(first) + ".." + strconv.Itoa(last) + "]"
}

// foldedLines returns which lines of a field a tree does not show: from the first to
// before the second, the same if it shows all.
func (t *Text) foldedLines(r *Row, lines int) (from, to int) {
	if !t.Fold || lines-firstLines-lastLines < leastHidden {
		return lines, lines
	}
	return firstLines, lines - lastLines
}
