package page

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast checks that letters and lines stand out from their grounds, in
// light and dark, as WCAG 2.1 asks for: 4.5 to 1.
func TestContrast(t *testing.T) {
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(baseStyle, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d sets of colours", len(blocks))
	}
	for i, block := range blocks {
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([\w-]+): #(\w{6})`).FindAllStringSubmatch(block[1], -1) {
			colours[m[1]] = luminance(m[2])
		}
		check := func(ink, ground string) {
			a, okA := colours[ink]
			b, okB := colours[ground]
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); !okA || !okB || ratio < 4.5 {
				t.Errorf("set %d: %s on %s is %.2f", i, ink, ground, ratio)
			}
		}
		for _, pair := range strings.Split("ink ground,soft ground,link ground,bad ground,warn ground,good ground,ink panel,soft panel,bad panel,warn panel,ink lit,"+
			"ink bad-ground,soft bad-ground,bad bad-ground,ink good-ground,soft good-ground,good good-ground,ink warn-ground,soft warn-ground,warn warn-ground", ",") {
			ink, ground, _ := strings.Cut(pair, " ")
			check(ink, ground)
		}
		for c := range 8 { // of fields and lines
			check("c"+strconv.Itoa(c), "ground")
			check("c"+strconv.Itoa(c), "panel")
		}
	}
}

// luminance is the relative luminance of WCAG 2.1.
func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		v := float64(n) / 255
		if v <= 0.03928 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// TestPolicy: nothing but the style and the script of the page is allowed.
func TestPolicy(t *testing.T) {
	if p := NewHead("t", "", "").Policy(); strings.Contains(p, "script-src") || strings.Contains(p, "unsafe") {
		t.Error(p)
	}
	var b bytes.Buffer
	h := NewHead("<b>", "p { color: red; }", "let a = '</' + 'script>';")
	if err := Parse(`{{template "begin" .}}{{template "end" .}}`, nil).Execute(&b, h); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"<title>&lt;b&gt;</title>", "p { color: red; }", "let a = '</' + 'script>';", "script-src &#39;sha256-"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("html/template does not know what it writes")
	}
}
