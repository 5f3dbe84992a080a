package http

import (
	"context"

	"github.com/hostedcache/pchc/fuzz/resource"
)

// Usage implements [target.Measured].
func (s *session) Usage() (resource.Usage, error) {
	t := s.t
	if err := t.take(context.Background()); err != nil {
		return resource.Usage{}, err
	}
	defer t.pass()
	if t.server.command == "" {
		return resource.Usage{}, ErrForeign
	}
	if t.server.process == nil {
		return resource.Usage{}, resource.ErrEnded
	}
	return t.server.watch.Usage()
}

// Restart implements [target.Measured]: it starts the server anew, and waits until that
// answers.
func (s *session) Restart(ctx context.Context) error {
	t := s.t
	if err := t.take(ctx); err != nil {
		return err
	}
	defer t.pass()
	if t.server.command == "" {
		return ErrForeign
	}
	t.closeAll()
	t.server.stop()
	if err := t.server.start(); err != nil {
		return err
	}
	_, err := s.reach(ctx, t.probing())
	return err
}
