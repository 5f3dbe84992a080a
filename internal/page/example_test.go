package page_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/internal/page"
)

func ExampleParse() {
	t := page.Parse(`{{template "begin" .Head}}<p>{{.Text}}</p>
{{template "end" .Head}}`, nil)
	var b bytes.Buffer
	err := t.Execute(&b, map[string]any{"Head": page.NewHead("A page", "", ""), "Text": "1 < 2"})
	if err != nil {
		panic(err)
	}
	_, body, _ := strings.Cut(b.String(), "<body>\n")
	fmt.Print(body)
	// Output:
	// <p>1 &lt; 2</p>
	// </body>
	// </html>
}
