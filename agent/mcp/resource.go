package mcp

import (
	"context"
	"encoding/json"
	"fmt"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// maxResources bounds one page of a list of resources, whatever the server
// sends.
const maxResources = 200

// HasResources tells whether a server that is there has any.
func (s *Set) HasResources() bool {
	for _, sv := range s.all() {
		if l := sv.current(); l.settledNow() && l.failed() == nil && l.resources {
			return true
		}
	}
	return false
}

// ListResources lists a page of what a server has, or the first page of every
// server for "". templates lists templates of addresses instead.
func (s *Set) ListResources(ctx context.Context, name, cursor string, templates bool) (json.RawMessage, error) {
	if name == "" && cursor != "" {
		return nil, &CallError{Message: "cursor goes with server: each server has pages of its own"}
	}
	if name != "" {
		page, err := s.listOf(ctx, name, cursor, templates)
		if err != nil {
			return nil, err
		}
		return json.Marshal(page)
	}
	all := resourcePage{Errors: map[string]string{}}
	for _, sv := range s.all() {
		_, l, err := s.find(ctx, sv.settings.Name)
		if err != nil {
			all.Errors[sv.settings.Name] = err.Error()
			continue
		}
		if !l.resources {
			continue
		}
		page, err := s.listOf(ctx, sv.settings.Name, "", templates)
		if err != nil {
			all.Errors[sv.settings.Name] = err.Error()
			continue
		}
		for _, r := range page.Resources {
			r.Server = sv.settings.Name
			all.Resources = append(all.Resources, r)
		}
		for _, r := range page.Templates {
			r.Server = sv.settings.Name
			all.Templates = append(all.Templates, r)
		}
	}
	return json.Marshal(all)
}

// A resourcePage is what the model reads of a list.
type resourcePage struct {
	Server    string             `json:"server,omitempty"`
	Resources []resource         `json:"resources,omitempty"`
	Templates []resourceTemplate `json:"resourceTemplates,omitempty"`
	Next      string             `json:"nextCursor,omitempty"`
	Errors    map[string]string  `json:"errors,omitempty"` // by server
}

type resource struct {
	Server string `json:"server,omitempty"`
	*sdk.Resource
}

type resourceTemplate struct {
	Server string `json:"server,omitempty"`
	*sdk.ResourceTemplate
}

func (s *Set) listOf(ctx context.Context, name, cursor string, templates bool) (page resourcePage, err error) {
	sv, l, err := s.find(ctx, name)
	if err != nil {
		return page, err
	}
	if !l.resources {
		return page, &CallError{Message: fmt.Sprintf("MCP server `%s` has no resources", name)}
	}
	page.Server = name
	err = sv.within(ctx, l, "resources/list", func(ctx context.Context) error {
		if templates {
			res, err := l.session.ListResourceTemplates(ctx, &sdk.ListResourceTemplatesParams{Cursor: cursor})
			if err != nil {
				return err
			}
			for _, t := range res.ResourceTemplates[:min(len(res.ResourceTemplates), maxResources)] {
				page.Templates = append(page.Templates, resourceTemplate{ResourceTemplate: t})
			}
			page.Next = res.NextCursor
			return nil
		}
		res, err := l.session.ListResources(ctx, &sdk.ListResourcesParams{Cursor: cursor})
		if err != nil {
			return err
		}
		for _, r := range res.Resources[:min(len(res.Resources), maxResources)] {
			page.Resources = append(page.Resources, resource{Resource: r})
		}
		page.Next = res.NextCursor
		return nil
	})
	return page, err
}

// ReadResource reads what is at an address.
func (s *Set) ReadResource(ctx context.Context, name, uri string) (Result, error) {
	sv, l, err := s.find(ctx, name)
	if err != nil {
		return Result{}, err
	}
	var r Result
	err = sv.within(ctx, l, "resources/read", func(ctx context.Context) error {
		res, err := l.session.ReadResource(ctx, &sdk.ReadResourceParams{URI: uri})
		if err != nil {
			return err
		}
		for _, c := range res.Contents {
			r.Content = append(r.Content, &sdk.EmbeddedResource{Resource: c})
		}
		return nil
	})
	return r, err
}
