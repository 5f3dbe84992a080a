package wsusss

import (
	"slices"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// The requirements of MS-WSUSSS 3.2.4 that a Machine reports.
const (
	RulePhaseOrder              Rule = "WSUSSS-3.2.4-PhaseOrder"
	RuleAuthorizationGetsCookie Rule = "WSUSSS-3.2.4-AuthorizationGetsCookie"
	RuleMetadataUsesCookie      Rule = "WSUSSS-3.2.4-MetadataUsesCookie"
	RuleDeploymentsReplicaOnly  Rule = "WSUSSS-3.2.4-DeploymentsReplicaOnly"
	RuleContentNotCatalogOnly   Rule = "WSUSSS-3.2.4-ContentNotCatalogOnly"
	RuleReportingVersion        Rule = "WSUSSS-3.2.4-ReportingVersion"
	RuleFaultParse              Rule = "WSUSSS-3.2.4-FaultParse" // seen in the bytes
	RuleFaultReact              Rule = "WSUSSS-3.2.4-FaultReact"
	RuleFaultNoCodeStop         Rule = "WSUSSS-3.2.4-FaultNoCodeStop"

	RuleCallOrder       Rule = "WSUSSS-3.2.4.1-CallOrder"
	RuleNoExpiredCookie Rule = "WSUSSS-3.2.4.1-NoExpiredCookie"
	RuleMaxDigests      Rule = "WSUSSS-3.1.4.11-MaxDigests"
)

// Requirements returns the statements of MS-WSUSSS 3.2.4, each once and in their
// order.
func Requirements() []soapfault.Requirement { return slices.Clone(requirements[:fragment]) }

// FurtherRequirements returns what a Machine reports from other sections.
func FurtherRequirements() []soapfault.Requirement { return slices.Clone(requirements[fragment:]) }

// fragment is the number of statements of MS-WSUSSS 3.2.4.
const fragment = 13

var requirements = []soapfault.Requirement{
	{ID: RulePhaseOrder, Level: soapfault.Must, Text: "Every synchronisation has its phases in this order: authorization, metadata, deployments, content, reporting.",
		Check: soapfault.Trace},
	{ID: RuleAuthorizationGetsCookie, Level: soapfault.Stated, Text: "In phase 1 the DSS presents credentials and gets the cookie.",
		Check: soapfault.Trace},
	{ID: RuleMetadataUsesCookie, Level: soapfault.Stated, Text: "In phase 2 the DSS asks for new updates with the cookie of phase 1.",
		Check: soapfault.Trace},
	{ID: RuleDeploymentsReplicaOnly, Level: soapfault.Stated, Text: "Only a DSS that is a replica has phase 3.",
		Check: soapfault.Trace},
	{ID: "WSUSSS-3.2.4-DeploymentsGets", Level: soapfault.Stated, Text: "In phase 3 the DSS gets the target groups and deployments.",
		Check: soapfault.Other, Reason: string(RulePhaseOrder)},
	{ID: "WSUSSS-3.2.4-ContentDownloads", Level: soapfault.Stated, Text: "In phase 4 the DSS downloads the files of the updates from the USS.",
		Check: soapfault.NotVisible, Reason: "updates may have no files, so that nothing has to be downloaded"},
	{ID: "WSUSSS-3.2.4-ContentAsync", Level: soapfault.Stated, Text: "Phase 4 runs asynchronously, although the figure has it in sequence.",
		Check: soapfault.Licence, Reason: "it allows phase 4 beside phase 5"},
	{ID: RuleContentNotCatalogOnly, Level: soapfault.Stated, Text: "Only a DSS whose CatalogOnlySync is FALSE has phase 4.",
		Check: soapfault.Trace},
	{ID: "WSUSSS-3.2.4-ReportingSends", Level: soapfault.Stated, Text: "In phase 5 the DSS tells the USS about the servers below it and about their clients.",
		Check: soapfault.Other, Reason: string(RulePhaseOrder)},
	{ID: RuleReportingVersion, Level: soapfault.Stated, Text: "Phase 5 takes place only if both servers have version 1.3 or higher.",
		Check: soapfault.Trace},
	{ID: RuleFaultParse, Level: soapfault.Must, Text: "The DSS reads a SOAP fault in the form of section 2.2.9 and takes its ErrorCode.",
		Check: soapfault.Bytes},
	{ID: RuleFaultReact, Level: soapfault.Must, Text: "After a fault with an ErrorCode the DSS does what section 2.2.9.3 has for it.",
		Check: soapfault.Trace},
	{ID: RuleFaultNoCodeStop, Level: soapfault.Must, Text: "After a fault without an ErrorCode the DSS stops.",
		Check: soapfault.Trace},

	{ID: RuleCallOrder, Level: soapfault.Must, Text: "Phase 1 is GetAuthConfig, GetAuthorizationCookie and GetCookie in this order.",
		Check: soapfault.Trace},
	{ID: RuleNoExpiredCookie, Level: soapfault.Must, Text: "The DSS does not send a cookie whose Expiration has passed.",
		Check: soapfault.Trace},
	{ID: RuleMaxDigests, Level: soapfault.Stated, Text: "DownloadFiles asks for 100 files at most.",
		Check: soapfault.Trace},
}
