package lsp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
)

// logins is the sign-in that a client has begun: one at a time.
type logins struct {
	mu   sync.Mutex
	stop context.CancelFunc // of the one that runs; guarded by mu
	done chan struct{}      // closed when it has ended; guarded by mu
	made int                // guarded by mu
}

// next ends the sign-in that runs, and begins another: end must be called when
// that is over.
func (l *logins) next(ctx context.Context) (own context.Context, number int, end func()) {
	l.mu.Lock()
	stop, before := l.stop, l.done
	own, l.stop = context.WithCancel(ctx)
	done := make(chan struct{})
	l.done = done
	l.made++
	number, cancel := l.made, l.stop
	l.mu.Unlock()
	if stop != nil {
		stop()
		<-before
	}
	return own, number, func() { cancel(); close(done) }
}

// A signingIn is a sign-in that waits for the user.
type signingIn struct {
	LoginResult
	wait func(context.Context) (auth.Status, error)
	err  error // why there is none
}

// account is the user's, and the settings by which it is.
func (s *server) account() (*auth.Account, *config.Config, error) {
	a := s.agent.Account()
	if a == nil {
		return nil, nil, errors.New("this server keeps no account")
	}
	c, err := s.agent.Settings()
	return a, c, err
}

// login is codex.login, see [LoginParams]. It returns when the user can sign
// in, and waits for that in the background.
func (s *server) login(ctx context.Context, p LoginParams) (LoginResult, error) {
	if p.Method != "" && p.Method != "browser" && p.Method != "code" {
		return LoginResult{}, badField("method", "must be browser or code, not %q", p.Method)
	}
	a, c, err := s.account()
	if err != nil {
		return LoginResult{}, err
	}
	begun := make(chan signingIn, 1)
	s.spawn(func(ctx context.Context) {
		own, number, end := s.logins.next(ctx)
		defer end()
		l := begin(own, a, c, p.Method)
		begun <- l
		if l.err == nil {
			s.awaitLogin(own, l, number)
		}
	})
	select {
	case l := <-begun:
		return l.LoginResult, l.err
	case <-ctx.Done():
		return LoginResult{}, ctx.Err()
	case <-s.session.Done():
		return LoginResult{}, context.Canceled
	}
}

// begin begins a sign-in.
func begin(ctx context.Context, a *auth.Account, c *config.Config, method string) signingIn {
	if method == "code" {
		d, err := a.SignInWithCode(ctx, c)
		if err != nil {
			return signingIn{err: err}
		}
		return signingIn{LoginResult{d.URL, d.Code}, d.Wait, nil}
	}
	b, err := a.SignInWithBrowser(c)
	if err != nil {
		return signingIn{err: err}
	}
	return signingIn{LoginResult{URL: b.URL}, b.Wait, nil}
}

// awaitLogin shows the page, waits for the user, and says how it went.
func (s *server) awaitLogin(ctx context.Context, l signingIn, number int) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var b *bar
	if s.showsProgress() {
		name := "codex/login/" + strconv.Itoa(number)
		b = s.bars.begin(s, barOptions{token: protocol.String(name), turnID: name, title: "Codex: sign in", create: true, stop: stop})
		defer s.bars.forget(name)
		b.say("waiting for you to sign in")
	}
	s.spawn(func(ctx context.Context) { s.showLogin(ctx, l.LoginResult) }) // some answer when the page is closed
	status, err := l.wait(ctx)
	says, kind := "signed in", protocol.MessageTypeInfo
	var e *auth.Error
	switch {
	case errors.As(err, &e) && e.Kind == auth.Cancelled:
		says = "the sign-in was cancelled"
	case err != nil:
		says, kind = err.Error(), protocol.MessageTypeError
	case status.Email != "":
		says = "signed in as " + status.Email
	}
	if b != nil {
		s.bars.end(s, b, firstLine(says))
	}
	s.log.Info("sign-in ended", "how", firstLine(says))
	s.tell(s.session, kind, "Codex: "+says)
}

// showLogin has the client open the page, or tells the user where it is.
func (s *server) showLogin(ctx context.Context, l LoginResult) {
	opened := false
	if s.showsDocuments() {
		shown, err := s.client.ShowDocument(ctx, &protocol.ShowDocumentParams{URI: uri.URI(l.URL), External: ptr(true)})
		opened = err == nil && shown != nil && shown.Success
	}
	switch {
	case l.Code != "":
		s.tell(ctx, protocol.MessageTypeInfo, fmt.Sprintf("Codex: type the code %s at %s. Give it to nobody.", l.Code, l.URL))
	case !opened:
		s.tell(ctx, protocol.MessageTypeInfo, "Codex: sign in at "+l.URL)
	}
}

// logout is codex.logout.
func (s *server) logout(ctx context.Context, _ struct{}) (LogoutResult, error) {
	a, c, err := s.account()
	if err != nil {
		return LogoutResult{}, err
	}
	found, err := a.SignOut(ctx, c)
	return LogoutResult{found}, err
}

// accountStatus is codex.account, which answers with an [auth.Status].
func (s *server) accountStatus(context.Context, struct{}) (auth.Status, error) {
	a, c, err := s.account()
	if err != nil {
		return auth.Status{}, err
	}
	return a.Status(c)
}
