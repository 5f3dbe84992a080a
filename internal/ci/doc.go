// Package ci writes the reports that systems which build and test read: JUnit
// XML, which is widely understood and has no standard, and SARIF 2.1.0 of OASIS.
package ci
