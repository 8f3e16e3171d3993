package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A stack is the layers of one load, the one that wins last on top.
type stack struct {
	options  Options
	home     string
	layers   []*layer
	project  project
	required *requirements
	problems []Problem
	watched  []string
	userFile string // config.toml, if there is one
}

// gather reads all layers. Which project it is, and whether it is trusted, is
// read from those that no project can change.
func (s *stack) gather() error {
	o := s.options
	system := o.System
	if system == "" {
		system = systemFolder
	}
	files := []layer{
		{source: FromSystem, file: filepath.Join(system, FileName)},
		{source: FromUser, file: filepath.Join(s.home, FileName)},
	}
	if o.Profile != "" {
		if o.Profile != filepath.Base(o.Profile) || strings.HasPrefix(o.Profile, ".") {
			return fmt.Errorf("-p %s: a profile is a name, for the file NAME.%s in %s", o.Profile, FileName, s.home)
		}
		files = append(files, layer{source: FromProfile, file: filepath.Join(s.home, o.Profile+"."+FileName)})
	}
	for _, f := range files {
		if o.NoUser && f.source == FromUser {
			continue
		}
		if err := s.addFile(f.source, f.file); err != nil {
			return err
		}
	}
	above := len(s.layers)
	if err := s.addGiven(); err != nil {
		return err
	}
	if err := s.findProject(); err != nil {
		return err
	}
	s.watched = append(s.watched, filepath.Join(system, requirementsFile))
	var err error
	if s.required, err = readRequirements(filepath.Join(system, requirementsFile)); err != nil {
		return err
	}
	return s.addProject(above)
}

// addFile puts a file on top; one that is missing is no layer.
func (s *stack) addFile(source Source, path string) error {
	s.watched = append(s.watched, path)
	l, err := readFile(source, path)
	switch {
	case err != nil:
		return err
	case l != nil:
		if source == FromUser {
			s.userFile = path
		}
		s.layers = append(s.layers, l)
	case source == FromProfile:
		s.problems = append(s.problems, Problem{source: "-p", Key: s.options.Profile, Message: "there is no file " + path + "; the profile changes nothing"})
	}
	return nil
}

// addGiven puts on top what comes from no file.
func (s *stack) addGiven() error {
	editor, refused := editorLayer(s.options.Editor)
	s.layers = append(s.layers, editor)
	s.problems = append(s.problems, refused...)
	return errors.Join(s.addArgs(FromOverride, s.options.Overrides), s.addArgs(FromFlag, s.options.Flags))
}

func (s *stack) addArgs(source Source, args []string) error {
	for _, arg := range args {
		l, err := parseOverride(source, arg)
		if err != nil {
			return err
		}
		s.layers = append(s.layers, l)
	}
	return nil
}

// findProject finds out which project it is about.
func (s *stack) findProject() error {
	if s.options.Dir == "" {
		return nil
	}
	// What is wrong with these keys is said when all layers are there.
	r := &reader{root: s.merged(), home: s.home, getenv: s.options.Getenv}
	markers := defaultMarkers()
	r.texts(key{"project_root_markers"}, &markers)
	s.project = findProject(s.options.Dir, markers, func(path string) Trust {
		var t Trust
		oneOf(r, key{"projects", path, "trust_level"}, &t, ProjectTrusted, ProjectUntrusted)
		return t
	})
	s.watched = append(s.watched, s.project.looked...)
	return nil
}

// addProject puts the project's files between the user's and what is above. Of
// one that is not trusted they are only watched.
func (s *stack) addProject(at int) error {
	var files []*layer
	for _, dir := range s.project.folders {
		folder := filepath.Join(dir, ProjectFolder)
		if sameFolder(folder, s.home) {
			continue // the user's own
		}
		path := filepath.Join(folder, FileName)
		s.watched = append(s.watched, path)
		if exists(path) || exists(filepath.Join(folder, "rules")) {
			s.project.has = true
		}
		if s.project.trust != ProjectTrusted {
			continue
		}
		s.project.active = append(s.project.active, folder)
		l, err := readFile(FromProject, path)
		if err != nil {
			return err
		}
		if l != nil {
			s.problems = append(s.problems, l.refuse()...)
			files = append(files, l)
		}
	}
	s.layers = slices.Insert(s.layers, at, files...)
	return nil
}

// merged lays the layers over one another.
func (s *stack) merged() *node {
	root := newTable()
	for _, l := range s.layers {
		root.merge(l.tree(l.values))
	}
	return root
}
