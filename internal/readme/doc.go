// Package readme has no code, only tests of the repository as a whole: who imports
// whom is in a table, the links of all Markdown files lead somewhere, and each
// command in them runs, in a copy of the repository with pchc built and on the
// PATH.
//
// A block marked sh is a script, which must succeed; the last program that it
// leaves in the background is ended. In a block marked console
// each command stands after "$ ", continued after "> ", and what it prints must
// be what follows; UPDATE=1 go test ./internal/readme writes that anew. The
// commands of one file share a copy, and run at its root.
//
// An HTML comment on the line before a block says what is different in the test:
//
//	<!-- not run: it needs root -->
//	<!-- run with 1s for 60s, PORT for 8080 -->
//	<!-- needs clang -->
//	<!-- wants duckdb -->
//
// PORT is a port that is free. What needs or wants a program is skipped where it is not
// installed; what needs it fails there if the environment has CI=true.
package readme
