package agent

import (
	"context"
	"maps"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
)

// A tool is something the model may call.
type tool interface {
	// offer is how the tool is described to the model.
	offer() model.Tool
	// alone tells whether the call must have no other beside it.
	alone(*call) bool
	// run does what the call asks and returns what the model reads: a string,
	// or a list of parts. What goes wrong is told there too.
	run(context.Context, *call) any
}

// A toolbox is the tools of one turn by name.
type toolbox map[string]tool

// tools returns what a model of this kind is offered under these settings. asks
// says that there is somebody to ask.
func tools(facts model.Facts, c *config.Config, asks bool) toolbox {
	list := []tool{patchTool{freeform: facts.Freeform}, readTool{}, planTool{}}
	if !c.Features.NoShell {
		list = append(list, execTool{}, stdinTool{})
	}
	if !c.Features.NoImages {
		list = append(list, imageTool{})
	}
	if c.Features.AskUser && asks {
		list = append(list, askTool{})
	}
	if c.Features.AskPermissions && asks {
		list = append(list, permissionsTool{})
	}
	box := make(toolbox)
	for _, t := range list {
		box[t.offer().Name] = t
	}
	return box
}

// maxNames bounds a list of tools in an error: of MCP servers there are many.
const maxNames = 4 << 10

func (b toolbox) names() string {
	return firstPart(strings.Join(slices.Sorted(maps.Keys(b)), ", "), maxNames)
}

// schema is the JSON schema of an object with these properties, written as
// name: {…} lines.
func schema(properties string, required ...string) []byte {
	must := "[]"
	if len(required) > 0 {
		must = `["` + strings.Join(required, `","`) + `"]`
	}
	return []byte(`{"type":"object","properties":{` + properties + `},"required":` + must + `,"additionalProperties":false}`)
}
