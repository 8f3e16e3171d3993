package auth

import (
	"context"
	"errors"

	"codex-lsp/agent/config"
)

// A flight is one renewal, for all who need it.
type flight struct {
	done chan struct{} // closed when the other two are set
	got  *stored
	err  error
}

// renew returns credentials other than old, which are no longer accepted or
// will soon not be. It is done once, however many ask, and to its end, whoever
// gives up meanwhile: a refresh token that was sent is used up, and the answer
// is the only way to the next.
func (a *Account) renew(ctx context.Context, c *config.Config, old *stored) (*stored, error) {
	a.mu.Lock()
	f := a.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		a.flight = f
		a.work.Go(func() {
			defer close(f.done)
			f.got, f.err = a.renewOnce(context.WithoutCancel(ctx), c, old)
			a.mu.Lock()
			a.flight = nil
			a.mu.Unlock()
		})
	}
	a.mu.Unlock()
	select {
	case <-f.done:
		return f.got, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// renewOnce renews under the lock that all processes of the home take. Who
// finds other credentials than those that were refused has nothing to do.
func (a *Account) renewOnce(ctx context.Context, c *config.Config, old *stored) (*stored, error) {
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	release, err := lock(ctx, a.home, renewalLock)
	if err != nil {
		return nil, err
	}
	defer release()
	now, err := a.load(c)
	switch {
	case err != nil:
		return nil, err
	case now == nil:
		return nil, errGone
	case now.access() != old.access():
		return now, nil
	case now.refresh() == "":
		return nil, &Error{Rejected, "the ChatGPT sign-in cannot be renewed: it came without a refresh token", signInAgain}
	}
	if err := a.spentWhy(now.refresh()); err != nil {
		return nil, err
	}
	i, err := a.issuerOf(c, now)
	if err != nil {
		return nil, err
	}
	got, err := i.renew(ctx, now.refresh())
	if err != nil {
		return a.refused(c, now, err)
	}
	return a.renewed(ctx, c, now, got)
}

// refused is a renewal that the issuer did not make. A program that takes no
// lock may have renewed meanwhile: then its tokens are good.
func (a *Account) refused(c *config.Config, now *stored, err error) (*stored, error) {
	if again, lerr := a.load(c); lerr == nil && again != nil && again.access() != now.access() {
		return again, nil
	}
	var e *Error
	if errors.As(err, &e) && e.Kind == Rejected {
		a.mu.Lock()
		a.spent[now.refresh()] = err
		a.mu.Unlock()
	}
	return nil, err
}

// spentWhy is why a refresh token no longer holds, nil as far as is known.
func (a *Account) spentWhy(refresh string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.spent[refresh]
}

// renewed keeps new tokens, unless the user has signed out or in meanwhile:
// then those count.
func (a *Account) renewed(ctx context.Context, c *config.Config, before *stored, got tokens) (*stored, error) {
	after := before.with(got, a.now())
	now, err := a.load(c)
	switch {
	case err == nil && now == nil:
		return nil, errGone
	case err == nil && now.refresh() != before.refresh():
		return now, nil
	}
	if err := a.keep(context.WithoutCancel(ctx), c, after); err != nil {
		a.log.Error("the renewed ChatGPT sign-in could not be kept; it is lost when this process ends", "err", err)
		a.mu.Lock()
		a.unsaved = after
		a.mu.Unlock()
	}
	return after, nil
}
