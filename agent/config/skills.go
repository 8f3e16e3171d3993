package config

// Skills says which skills there are not, and whether the model hears of the
// others.
type Skills struct {
	Tell     bool     // skills.include_instructions
	Disabled []string // skills.config with enabled = false: names, files and folders
}

func (r *reader) skills() Skills {
	s := Skills{Tell: true}
	r.flag(key{"skills", "include_instructions"}, &s.Tell)
	n := r.root.at(key{"skills", "config"})
	if n == nil {
		return s
	}
	list, _ := n.value.([]any)
	if tables, ok := n.value.([]map[string]any); ok {
		for _, t := range tables {
			list = append(list, t)
		}
	}
	for _, v := range list {
		entry, _ := v.(map[string]any)
		path, hasPath := entry["path"].(string)
		name, hasName := entry["name"].(string)
		if hasPath == hasName {
			r.warn(n, key{"skills", "config"}, "an entry is ignored: it needs either a path or a name")
			continue
		}
		if enabled, ok := entry["enabled"].(bool); ok && !enabled {
			s.Disabled = append(s.Disabled, path+name)
		}
	}
	return s
}
