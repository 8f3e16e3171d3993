package config

import "encoding/json"

// Schema is the JSON schema of config.toml, for editors that complete by one.
func Schema() ([]byte, error) {
	s := specs().schema()
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["title"] = "config.toml of Codex, as codex-lsp reads it"
	return json.MarshalIndent(s, "", "  ")
}

// schema describes what a spec takes.
func (s *spec) schema() map[string]any {
	var forms []map[string]any
	if s.key != nil {
		forms = s.key.schemas()
	}
	if len(s.kids) > 0 || s.any != nil {
		forms = append(forms, s.tableSchema())
	}
	all := forms[0]
	if len(forms) > 1 {
		all = map[string]any{"anyOf": forms}
	}
	if s.key != nil {
		all["description"] = s.key.Doc
		if s.key.Default != "" {
			all["default"] = parseValue(s.key.Default)
		}
	}
	return all
}

func (s *spec) tableSchema() map[string]any {
	t := map[string]any{"type": "object"}
	if len(s.kids) > 0 {
		properties := make(map[string]any, len(s.kids))
		for name, kid := range s.kids {
			properties[name] = kid.schema()
		}
		t["properties"] = properties
	}
	if s.any != nil {
		t["additionalProperties"] = s.any.schema()
	}
	return t
}

// schemas are the forms that a key's value may have, tables of known keys
// apart.
func (k *Key) schemas() (forms []map[string]any) {
	add := func(t Type, form map[string]any) {
		if k.Type&t != 0 {
			forms = append(forms, form)
		}
	}
	text := map[string]any{"type": "string"}
	if k.Values != nil {
		text["enum"] = k.Values
	}
	if k.Type&Prose == 0 {
		text["minLength"] = 1
	}
	add(Text|Prose, text)
	add(URL, map[string]any{"type": "string", "format": "uri"})
	number := map[string]any{"type": "integer", "minimum": k.Least}
	if k.Most != 0 {
		number["maximum"] = k.Most
	}
	add(Number, number)
	add(Decimal, map[string]any{"type": "number"})
	add(Flag, map[string]any{"type": "boolean"})
	add(Texts, map[string]any{"type": "array", "items": map[string]any{"type": "string"}})
	add(Strings, map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}})
	add(List, map[string]any{"type": "array"})
	add(Free, map[string]any{"type": "object"})
	return forms
}
