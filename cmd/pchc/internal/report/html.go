package report

import (
	"io"

	"github.com/hostedcache/pchc/fuzz/campaign"
)

// HTML writes one page that needs nothing but itself.
func HTML(w io.Writer, version string, r *campaign.Result) error {
	return nil
}
