// Package pagetest opens pages in Chromium without a window, as a person would: it
// clicks, presses keys, and sees what the page asks of the network and writes to the
// console. It speaks the DevTools protocol over a pipe.
package pagetest
