// Package report writes the results of a campaign of package campaign: as [Text]
// for people, as [JSON] for programs, as [JUnit] and [SARIF] for CI systems, and
// as one page of [HTML] with plots. [Progress] shows a running campaign.
//
// Reports quote the output of targets, which is untrusted. So they escape unprintable
// characters, and a page has nothing that a browser would run.
// Keys (SegmentSecret) are shown only on request, except in [JSON]: it has the
// bytes of messages, keys included, since they reproduce a finding.
package report
