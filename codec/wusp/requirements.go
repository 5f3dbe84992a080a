package wusp

import (
	"slices"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// The requirements of MS-WUSP 3.2.5 that a Machine reports.
const (
	RulePhaseOrder      Rule = "WUSP-3.2.5-PhaseOrder"
	RuleOmitGetConfig   Rule = "WUSP-3.2.5-OmitGetConfig"
	RuleCacheCookie     Rule = "WUSP-3.2.5-CacheCookie"
	RuleOmitCookieCalls Rule = "WUSP-3.2.5-OmitCookieCalls"
	RuleRegisterOnce    Rule = "WUSP-3.2.5-RegisterOnce"
	RuleRecoverySteps   Rule = "WUSP-3.2.5-RecoverySteps"
	RuleInstall         Rule = "WUSP-3.2.5-AlsoContentInstallEvents"
	RuleContentHTTP     Rule = "WUSP-3.2.5-ContentHttp"

	RuleRegisterWhenRequired Rule = "WUSP-3.1.5.5-RegisterWhenRequired"
)

// Requirements returns the statements of MS-WUSP 3.2.5, each once and in their order.
func Requirements() []soapfault.Requirement { return slices.Clone(requirements[:fragment]) }

// FurtherRequirements returns what a Machine reports from other sections.
func FurtherRequirements() []soapfault.Requirement { return slices.Clone(requirements[fragment:]) }

// fragment is the number of statements of MS-WUSP 3.2.5.
const fragment = 15

var requirements = []soapfault.Requirement{
	{ID: "WUSP-3.2.5-MetadataSyncFigure", Level: soapfault.Stated, Text: "The calls of the metadata part follow the figure of section 3.1.5.",
		Check: soapfault.Other, Reason: string(RulePhaseOrder)},
	{ID: RulePhaseOrder, Level: soapfault.Must, Text: "Self-update comes first, then authorization, then metadata, each in the order of the figure.",
		Check: soapfault.Trace},
	{ID: "WUSP-3.2.5-MayOmitSteps", Level: soapfault.May, Text: "A client leaves out steps as an optimisation, under the conditions of the next statements only.",
		Check: soapfault.Licence, Reason: "it allows what the next statements limit"},
	{ID: "WUSP-3.2.5-MayOptimize", Level: soapfault.May, Text: "Whether a client makes use of the optimisations is its own choice.",
		Check: soapfault.NotVisible, Reason: "it is a choice inside of the client"},
	{ID: "WUSP-3.2.5-CacheConfig", Level: soapfault.Should, Text: "A client keeps the result of GetConfig.",
		Check: soapfault.NotVisible, Reason: "what a client keeps shows only in the calls that it leaves out"},
	{ID: RuleOmitGetConfig, Level: soapfault.May, Text: "A later synchronisation leaves out GetConfig, unless the server has raised ConfigChanged, InvalidCookie or ServerChanged.",
		Check: soapfault.Trace},
	{ID: RuleCacheCookie, Level: soapfault.Should, Text: "A client keeps the newest cookie, from GetCookie or from SyncUpdates.",
		Check: soapfault.Trace},
	{ID: RuleOmitCookieCalls, Level: soapfault.Should, Text: "A later synchronisation leaves out GetAuthorizationCookie and GetCookie, unless the server has raised CookieExpired or the cookie's Expiration has passed.",
		Check: soapfault.Trace},
	{ID: "WUSP-3.2.5-CacheRegistration", Level: soapfault.Should, Text: "A client keeps what it has sent with RegisterComputer.",
		Check: soapfault.NotVisible, Reason: "what a client keeps shows only in the calls that it leaves out"},
	{ID: RuleRegisterOnce, Level: soapfault.Should, Text: "A later synchronisation leaves out RegisterComputer, unless its data has changed or the server has raised RegistrationRequired.",
		Check: soapfault.Trace},
	{ID: RuleRecoverySteps, Level: soapfault.Must, Text: "After a fault with application data a client takes the recovery steps that section 2.2.2.4 has for its ErrorCode.",
		Check: soapfault.Trace},
	{ID: RuleInstall, Level: soapfault.Stated, Text: "A client also downloads the content of updates, installs an update when its download is complete, and produces events for reports.",
		Check: soapfault.Trace},
	{ID: "WUSP-3.2.5-TimingFree", Level: soapfault.Stated, Text: "When a client downloads, installs and reports is up to the implementation.",
		Check: soapfault.Licence, Reason: "it leaves the time open"},
	{ID: RuleContentHTTP, Level: soapfault.Stated, Text: "Content is downloaded over HTTP.",
		Check: soapfault.Trace},
	{ID: "WUSP-3.2.5-ContentRestartable", Level: soapfault.May, Text: "A download is restartable, by BITS.",
		Check: soapfault.Licence, Reason: "it allows what HTTP has anyway"},

	{ID: RuleRegisterWhenRequired, Level: soapfault.Must, Text: "A client calls RegisterComputer when the answer to GetConfig has IsRegistrationRequired.",
		Check: soapfault.Trace},
}
