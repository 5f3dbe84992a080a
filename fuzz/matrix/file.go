package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// File says which implementations to compare, and how long.
type File struct {
	Time time.Duration // for each implementation; 0 if the file has none
	Runs int64         // messages for each implementation; 0 if the file has none
	Seed uint64        // of the random number generator
	// Seeded is false if the file has no Seed.
	Seeded          bool
	Implementations []Implementation // one at least; their names are distinct
}

// Implementation is one to compare.
type Implementation struct {
	Name  string
	Build string // command to run before, "" for none
	// Settings select and configure the target, in the order of their names.
	Settings []Setting
}

// Setting is a key of an implementation with its values, one unless the file has an
// array.
type Setting struct {
	Key    string
	Values []string
}

// Parse reads a file in TOML. It leaves the keys of an implementation, but for name and
// build, to the caller, who knows what can be set. An error has the line if the text is
// not TOML, and else the key.
func Parse(text []byte) (*File, error) {
	var raw struct {
		Time           *string
		Runs           *int64
		Seed           *uint64
		Implementation []map[string]any
	}
	meta, err := toml.Decode(string(text), &raw)
	if err != nil {
		return nil, plain(err)
	}
	for _, key := range meta.Undecoded() {
		if key[0] != "implementation" {
			return nil, fmt.Errorf("%s is unknown: beside [[implementation]] there are time, runs and seed", key)
		}
	}
	f := &File{}
	if raw.Time != nil {
		if f.Time, err = time.ParseDuration(*raw.Time); err != nil || f.Time <= 0 {
			return nil, fmt.Errorf(`time is %q, must be a duration such as "30s"`, *raw.Time)
		}
	}
	if raw.Runs != nil {
		if f.Runs = *raw.Runs; f.Runs <= 0 {
			return nil, fmt.Errorf("runs is %d, must be more than 0", f.Runs)
		}
	}
	if raw.Seed != nil {
		f.Seed, f.Seeded = *raw.Seed, true
	}
	if len(raw.Implementation) == 0 {
		return nil, errors.New("there is no [[implementation]]")
	}
	for i, table := range raw.Implementation {
		one, err := implementation(table)
		if err != nil {
			return nil, fmt.Errorf("implementation %s: %w", cmp.Or(one.Name, fmt.Sprint("no. ", i+1)), err)
		}
		if slices.ContainsFunc(f.Implementations, func(other Implementation) bool { return other.Name == one.Name }) {
			return nil, fmt.Errorf("implementation %s is there twice", one.Name)
		}
		f.Implementations = append(f.Implementations, one)
	}
	return f, nil
}

// plain returns an error of the library with its line, without the name of the library.
func plain(err error) error {
	var at toml.ParseError
	if errors.As(err, &at) {
		return fmt.Errorf("line %d: %s", at.Position.Line, strings.TrimSuffix(at.Message, "."))
	}
	return errors.New(strings.TrimPrefix(err.Error(), "toml: "))
}

func implementation(table map[string]any) (one Implementation, err error) {
	for _, own := range []struct {
		key string
		to  *string
	}{{"name", &one.Name}, {"build", &one.Build}} {
		value, there := table[own.key]
		text, ok := value.(string)
		if there && (!ok || strings.TrimSpace(text) == "") {
			return one, fmt.Errorf("%s must be a string that is not empty", own.key)
		}
		*own.to = text
	}
	if one.Name == "" {
		return one, errors.New("it has no name")
	}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if key == "name" || key == "build" {
			continue
		}
		s := Setting{Key: key}
		values, ok := table[key].([]any)
		if !ok {
			values = []any{table[key]}
		}
		for _, value := range values {
			switch value.(type) {
			case string, int64, float64, bool:
				s.Values = append(s.Values, fmt.Sprint(value))
			default:
				return one, fmt.Errorf("%s must be a string, a number, true, false, or an array of these", key)
			}
		}
		one.Settings = append(one.Settings, s)
	}
	return one, nil
}
