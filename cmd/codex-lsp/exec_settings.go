package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent/config"
)

// settingFlags are about the settings of the run.
func (c *execCall) settingFlags(flags *flag.FlagSet) {
	o := &c.settings.options
	sets := func(key string) func(string) error { return func(v string) error { return c.override(key, v) } }
	flags.Func("m", "ask this `model`", sets("model"))
	flags.Func("s", "sandbox `mode`: read-only, workspace-write or danger-full-access", oneOf(&c.sandbox,
		string(config.ReadOnly), string(config.WorkspaceWrite), string(config.FullAccess)))
	flags.Func("c", "override a setting: `key=value` (repeatable)", appendTo(&o.Overrides))
	flags.StringVar(&o.Profile, "p", "", "take the settings of `NAME`.config.toml too, in Codex's home")
	flags.Func("enable", "turn a `feature` on, as -c features.NAME=true does (repeatable)", c.feature("true"))
	flags.Func("disable", "turn a `feature` off (repeatable)", c.feature("false"))
	flags.BoolVar(&o.Strict, "strict-config", false, "a key that is unknown is an error")
	flags.BoolVar(&o.NoUser, "ignore-user-config", false, "do not read config.toml in Codex's home; what is signed in there counts")
	flags.BoolVar(&o.NoRules, "ignore-rules", false, "do not read your rules, nor the project's")
	flags.Func("add-dir", "let this `folder` be written as well as the workspace (repeatable)", appendTo(&c.addDirs))
	flags.BoolVar(&c.oss, "oss", false, "ask a model on this machine, of Ollama or LM Studio")
	flags.Func("local-provider", "with --oss: `which` of them, ollama or lmstudio", oneOf(&c.local, "ollama", "lmstudio"))
	flags.BoolVar(&c.trust, "trust", false, "remember that you trust the project: its own settings count, and files in it are edited")
	flags.BoolVar(&c.bypass, "dangerously-bypass-approvals-and-sandbox", false, "run every command and make every edit, unasked")
	flags.BoolVar(&c.bypass, "yolo", false, "the same as --dangerously-bypass-approvals-and-sandbox")
	flags.BoolVar(&c.fullAuto, "full-auto", false, "is no more: -s workspace-write says the same")
	flags.BoolFunc("dangerously-bypass-hook-trust", "run hooks that nobody has said may run", func(string) error {
		o.Flags = append(o.Flags, "bypass_hook_trust=true")
		return nil
	})
}

// settle makes settings of the flags that are more than one.
func (c *execCall) settle() error {
	if c.bypass {
		c.sandbox = string(config.FullAccess)
	}
	if c.sandbox != "" {
		if err := c.override("sandbox_mode", c.sandbox); err != nil {
			return err
		}
	}
	if c.local != "" {
		if err := c.override("oss_provider", c.local); err != nil {
			return err
		}
	}
	for _, dir := range c.addDirs {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(c.dir, dir) // as Codex has it
		}
		dir, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		c.settings.options.WritableRoots = append(c.settings.options.WritableRoots, dir)
	}
	return c.override("approval_policy", string(config.Never))
}

// feature is a flag that sets one of the features.
func (c *execCall) feature(value string) func(string) error {
	return func(name string) error {
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return fmt.Errorf("%q is no name of a feature", name)
		}
		c.settings.options.Flags = append(c.settings.options.Flags, "features."+name+"="+value)
		return nil
	}
}

// override sets a key to a text, above every -c.
func (c *execCall) override(key, value string) error {
	text, err := json.Marshal(value) // which is a TOML string too
	if err == nil {
		c.settings.options.Flags = append(c.settings.options.Flags, key+"="+string(text))
	}
	return err
}

// oneOf is a flag with a few values.
func oneOf(into *string, values ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(values, v) {
			return fmt.Errorf("it is one of %s", strings.Join(values, ", "))
		}
		*into = v
		return nil
	}
}

// appendTo is a flag that may be given often.
func appendTo(list *[]string) func(string) error {
	return func(v string) error {
		*list = append(*list, v)
		return nil
	}
}
