// Package ci writes reports for CI systems: JUnit XML, which has no standard but is
// read everywhere, and OASIS SARIF 2.1.0.
package ci
