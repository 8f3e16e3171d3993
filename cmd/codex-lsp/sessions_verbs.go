package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"codex-lsp/agent"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/rollout"
)

// query is what list and search are about.
func (c *sessionsCall) query() (rollout.Query, error) {
	q := rollout.Query{Archived: c.archived, Limit: c.limit, After: c.after}
	if c.all {
		return q, nil
	}
	var err error
	if q.Cwd, err = os.Getwd(); err != nil {
		return q, fmt.Errorf("find the current folder: %w", err)
	}
	return q, nil
}

func (c *sessionsCall) list(ctx context.Context) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	page, err := c.sessions.List(ctx, q)
	if err != nil {
		return err
	}
	var use *rollout.Use
	if c.size {
		u, err := c.sessions.Use()
		if err != nil {
			return err
		}
		use = &u
	}
	if c.json {
		return c.print(struct {
			rollout.Page
			Use *rollout.Use `json:"use,omitempty"`
		}{page, use}, "")
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, s := range page.Threads {
		fmt.Fprintf(w, "%s\t%s\t%s%s\t%s\n", s.ID[max(0, len(s.ID)-rollout.ShortID):], s.Written.Format("2006-01-02 15:04"), c.sizeOf(s), c.placeOf(s), exec.Visible(shortened(s.Title, 60)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, d := range page.Damaged {
		fmt.Fprintln(c.stderr, "sessions:", d)
	}
	if page.Next != "" {
		fmt.Fprintf(c.stderr, "There are more: --after %s\n", page.Next)
	}
	if use != nil {
		fmt.Fprintf(c.stdout, "%d conversations, %s; archived: %d, %s\n", use.Threads, size(use.Bytes), use.Archived.Threads, size(use.Archived.Bytes))
	}
	return nil
}

func (c *sessionsCall) sizeOf(s rollout.Summary) string {
	if !c.size {
		return ""
	}
	return size(s.Size) + "\t"
}

// placeOf is who began a thread and, of all folders, which one it is about.
func (c *sessionsCall) placeOf(s rollout.Summary) string {
	if c.all {
		return s.Source + "\t" + exec.Visible(s.Cwd)
	}
	return s.Source
}

// shortened is the beginning of a title.
func shortened(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}

// size is a number of bytes as people read it.
func size(n int64) string {
	const units = "KMGT"
	v, unit := float64(n), "B"
	for i := 0; v >= 1000 && i < len(units); i++ {
		v, unit = v/1024, units[i:i+1]+"B"
	}
	if v < 10 && unit != "B" {
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.0f %s", v, unit)
}

func (c *sessionsCall) search(ctx context.Context) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	found, err := c.sessions.Search(ctx, strings.Join(c.args, " "), q)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(found, "")
	}
	for _, h := range found.Hits {
		fmt.Fprintf(c.stdout, "%s  %s  %s\n    %s: %s\n", h.ID[max(0, len(h.ID)-rollout.ShortID):], h.Written.Format("2006-01-02 15:04"), exec.Visible(shortened(h.Title, 60)), h.By, exec.Visible(h.Excerpt))
	}
	if found.More {
		fmt.Fprintf(c.stderr, "There may be more than these %d; --limit takes a larger number\n", len(found.Hits))
	}
	return nil
}

// shownMessages is how many messages show shows.
const shownMessages = 6

func (c *sessionsCall) show(context.Context) error {
	sum, r, err := c.sessions.Show(c.args[0])
	if err != nil {
		return err
	}
	if c.json {
		return c.print(sum, "")
	}
	fmt.Fprintf(c.stdout, "%s\n\nid       %s\nfolder   %s\nbegun    %s\nwritten  %s\nby       %s, %s\nfile     %s, %s\n",
		exec.Visible(sum.Title), sum.ID, exec.Visible(sum.Cwd), sum.Begun.Local().Format(time.DateTime), sum.Written.Format(time.DateTime), exec.Visible(sum.Program), exec.Visible(sum.Source), exec.Visible(sum.Path), size(sum.Size))
	for _, said := range r.Said[max(0, len(r.Said)-shownMessages):] {
		who := "Codex"
		if said.User {
			who = "You"
		}
		fmt.Fprintf(c.stdout, "\n%s: %s\n", who, exec.Visible(shortened(said.Text, 1000)))
	}
	return nil
}

func (c *sessionsCall) export(context.Context) (err error) {
	if c.output == "" {
		return c.sessions.Export(c.args[0], c.stdout)
	}
	f, err := os.OpenFile(c.output, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return c.sessions.Export(c.args[0], io.Writer(f))
}

func (c *sessionsCall) rename(context.Context) error {
	id, err := c.sessions.Rename(c.args[0], c.args[1])
	if err != nil {
		return err
	}
	return c.done(id, "%s is called %s now", id, exec.Visible(c.sessions.Name(id)))
}

func (c *sessionsCall) archive(context.Context) error {
	id, err := c.sessions.Archive(c.args[0])
	if err != nil {
		return err
	}
	return c.done(id, "%s is archived; codex-lsp sessions unarchive brings it back", id)
}

func (c *sessionsCall) unarchive(context.Context) error {
	id, err := c.sessions.Unarchive(c.args[0])
	if err != nil {
		return err
	}
	return c.done(id, "%s is back", id)
}

func (c *sessionsCall) fork(context.Context) error {
	fork, err := agent.ForkSaved(c.sessions, c.args[0], c.turns)
	if err != nil {
		return err
	}
	return c.done(fork, "%s is the copy; codex-lsp exec resume %[1]s PROMPT goes on with it", fork)
}

// done says what was done to which thread.
func (c *sessionsCall) done(id, said string, args ...any) error {
	return c.print(map[string]string{"threadId": id}, said, args...)
}

func (c *sessionsCall) remove(context.Context) error {
	sum, _, err := c.sessions.Show(c.args[0])
	if err != nil {
		return err
	}
	if err := c.sure(fmt.Sprintf("Delete %q (%s, %s) for good? What it changed could not be undone by codex-lsp any more.", exec.Visible(shortened(sum.Title, 60)), sum.ID, size(sum.Size))); err != nil {
		return err
	}
	id, err := agent.DeleteSaved(c.sessions, c.journals, sum.ID)
	if err != nil {
		return err
	}
	left := ""
	if chats, _ := filepath.Glob(filepath.Join(c.home, "chats", "*"+id[len(id)-rollout.ShortID:]+".codex.md")); len(chats) > 0 {
		left = "; its chat document stays: " + chats[0]
	}
	return c.done(id, "%s is deleted%s", id, left)
}

func (c *sessionsCall) vacuum(ctx context.Context) error {
	if c.keepDays == 0 && c.maxSize == 0 {
		return errors.New("vacuum needs --keep-days or --max-size, to know what is to go")
	}
	var before time.Time
	if c.keepDays > 0 {
		before = time.Now().AddDate(0, 0, -c.keepDays)
	}
	old, err := c.sessions.Old(ctx, before, c.maxSize)
	if err != nil {
		return err
	}
	var bytes int64
	for _, s := range old {
		bytes += s.Size
	}
	what := "Delete"
	if c.toArchive {
		what = "Archive"
	}
	if len(old) > 0 {
		if err := c.sure(fmt.Sprintf("%s %d conversations that codex-lsp began, %s, the last of %s?", what, len(old), size(bytes), old[len(old)-1].Written.Format(time.DateOnly))); err != nil {
			return err
		}
	}
	return c.sweep(ctx, old)
}

// sweep puts old threads away. One that is in use stays.
func (c *sessionsCall) sweep(ctx context.Context, old []rollout.Summary) error {
	var gone int
	var freed int64
	var errs []error
	for _, s := range old {
		var err error
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case !c.toArchive:
			_, err = agent.DeleteSaved(c.sessions, c.journals, s.ID)
		case !s.Archived:
			_, err = c.sessions.Archive(s.ID)
		default:
			continue
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		gone, freed = gone+1, freed+s.Size
	}
	err := c.print(map[string]any{"threads": gone, "bytes": freed}, "%d conversations went, %s", gone, size(freed))
	return errors.Join(append(errs, err)...)
}
