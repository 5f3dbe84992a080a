package spec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Requirements returns the catalogue: what MS-PCHC (sections 1.5 to 3, appendix
// A) and MS-PCCRC (sections 2.1 to 2.5) demand, the former first, each in order
// of section.
func Requirements() []Requirement { return slices.Clone(requirements) }

// RequirementByID returns the requirement with the given id, such as
// "PCHC-2.2.1.5-MaxDescriptors".
func RequirementByID(id string) (Requirement, bool) {
	if i, ok := requirementIndex[id]; ok {
		return requirements[i], true
	}
	return Requirement{}, false
}

// requirementIndex is where in the catalogue an id is.
var requirementIndex = func() map[string]int {
	index := make(map[string]int, len(requirements))
	for i := range requirements {
		index[requirements[i].ID] = i
	}
	return index
}()

// What tells a violation, see [Requirement.Check].
const (
	byDissect  = "Dissect"
	byFollower = "Follower"
	byClient   = "Client"
	byServer   = "Server"
	byCheck    = "pchc check"
)

var requirements = catalogue()

func catalogue() []Requirement {
	all := slices.Concat(messageRequirements, behaviourRequirements)
	slices.SortStableFunc(all, func(a, b Requirement) int { return compareSections(a.Section, b.Section) })
	return all
}

// compareSections orders "MS-PCHC 2.2.1.5" by document, then number by number.
func compareSections(a, b string) int {
	documentA, a, _ := strings.Cut(a, " ")
	documentB, b, _ := strings.Cut(b, " ")
	if c := cmp.Compare(documentB, documentA); c != 0 { // MS-PCHC before MS-PCCRC
		return c
	}
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		m, _ := strconv.Atoi(x)
		n, _ := strconv.Atoi(y)
		return m - n
	})
}
