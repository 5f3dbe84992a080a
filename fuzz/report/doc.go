// Package report tells what a campaign of package campaign has done and found:
// as [Text] for people, as [JSON] for programs, as [JUnit] and [SARIF] for
// systems that build and test, and as one page of [HTML] with plots. While it
// runs, [Progress] tells how far it is.
//
// Whatever a target says may stand in a report, and a target may say anything.
// So characters that are not printable are written as escapes everywhere, and a
// page holds nothing that a browser would run. Keys (SegmentSecret) are shown
// only where that is asked for; but [JSON] has the bytes of messages, keys and
// all, for they are what shows the finding.
package report
