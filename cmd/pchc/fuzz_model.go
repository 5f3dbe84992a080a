package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/model"
)

// checkModel reports flags that do not go with --model, which has the messages of
// conversations.
func (f *fuzzer) checkModel(cmd *cobra.Command) error {
	if !f.model {
		if cmd.Flags().Changed("keeps") {
			return usagef("--keeps needs --model")
		}
		return nil
	}
	if len(f.targets.http) == 0 {
		return usagef("--model needs --http")
	}
	for _, name := range []string{"exec", "serve", "kinds", "content-information", "corpus", "grow", "jobs", "rate", "connections", "slow", "dialect"} {
		if cmd.Flags().Changed(name) {
			return usagef("--%s does not go with --model", name)
		}
	}
	return nil
}

// prepare reads what the flags name.
func (f *fuzzer) prepare(cmd *cobra.Command) (err error) {
	if err := f.checkModel(cmd); err != nil {
		return err
	}
	if f.model {
		f.talk, err = f.targets.modelConfig()
		return err
	}
	if f.targets.serve != "" {
		return nil // it has no targets
	}
	if f.config.Targets, err = f.targets.targets(f.app, f.output(f.reports.file)); err != nil {
		return err
	}
	f.config.Seeds, err = f.readSeeds()
	return err
}

// runner returns what the flags ask for.
func (f *fuzzer) runner() (runner, error) {
	if !f.model {
		return campaign.New(f.config)
	}
	c := f.talk
	c.RNGSeed, c.Shard, c.Shards = f.config.RNGSeed, f.config.Shard, f.config.Shards
	c.Time, c.Executions, c.Found, c.Stop = f.config.Time, f.config.Executions, f.config.Found, f.config.Stop
	run, err := model.New(c)
	if err != nil {
		return nil, usagef("%s", hinted(err))
	}
	return run, nil
}

// modelConfig returns the configuration for conversations with the hosted cache of --http.
func (f *targetFlags) modelConfig() (c model.Config, err error) {
	if f.timeout <= 0 {
		return c, usagef("--timeout must be more than 0")
	}
	if f.keeps < 0 {
		return c, usagef("--keeps must not be negative")
	}
	header, err := f.headers()
	return model.Config{
		URLs: f.http, Start: f.start, Header: header, AllowRemote: f.allowRemote, RootCAs: f.ca, Insecure: f.insecure,
		Timeout: f.timeout, Keeps: f.keeps,
	}, err
}

// conversations returns what replays conversations with the hosted cache of --http.
func (f *targetFlags) conversations() (s subject, err error) {
	config, err := f.modelConfig()
	return subject{
		name:  f.http[0],
		takes: func(saved *campaign.Finding) bool { return saved.Conversation != nil },
		replay: func(ctx context.Context, saved *campaign.Finding) ([]campaign.Finding, error) {
			return model.Replay(ctx, config, saved)
		},
	}, err
}
