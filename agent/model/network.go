package model

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// explain turns whatever ended an attempt into words for the user. It is the
// last station of every error: no secret gets past it.
func (c *Client) explain(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, errSilent):
		e = &Error{Kind: Broken, Message: fmt.Sprintf("no word from %s for %v", name(c.provider), c.idleLimit()), Remedy: "a slow model needs a longer stream_idle_timeout_ms"}
	case errors.Is(err, errOversized):
		e = &Error{Kind: Refused, Message: err.Error()}
	default:
		e = c.networkError(err)
	}
	told := *e
	told.Message = c.provider.Redact(e.Message) // some providers repeat the key that they refuse
	told.Remedy = c.provider.Redact(e.Remedy)
	return &told
}

// networkError is a request that got no answer.
func (c *Client) networkError(err error) *Error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its own text holds the whole URL, keys in the query included
	}
	host := c.provider.BaseURL
	if u, perr := url.Parse(host); perr == nil {
		host = u.Host
	}
	var (
		cert *tls.CertificateVerificationError
		dns  *net.DNSError
		op   *net.OpError
		rec  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &cert):
		return certificateError(host, cert)
	case errors.As(err, &rec), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return &Error{Kind: Refused, Message: host + " does not speak TLS", Remedy: "write base_url with http:// if that is the server you mean"}
	case errors.As(err, &dns):
		return &Error{Kind: Offline, Message: fmt.Sprintf("cannot find %s (%s)", dns.Name, dns.Err), Remedy: "check the network, and base_url of the provider"}
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return &Error{Kind: Offline, Message: fmt.Sprintf("cannot reach %s through the proxy (%v)", host, op.Err), Remedy: "check HTTPS_PROXY and NO_PROXY"}
	case errors.Is(err, syscall.ECONNREFUSED): // the network is there, and the machine, and no server
		return &Error{Kind: Broken, Message: fmt.Sprintf("cannot connect to %s (connection refused)", host), Remedy: "check that the server runs, and base_url of the provider"}
	case errors.As(err, &op) && op.Op == "dial":
		return &Error{Kind: Offline, Message: fmt.Sprintf("cannot connect to %s (%s)", host, dialCause(op)), Remedy: "check the network, and that the server runs"}
	}
	return &Error{Kind: Broken, Message: fmt.Sprintf("the connection to %s broke (%s)", host, excerpt(err.Error()))}
}

// dialCause is the last word of a chain like "dial tcp …: connect: connection refused".
func dialCause(op *net.OpError) string {
	text := op.Err.Error()
	if op.Timeout() {
		return "it does not answer"
	}
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}

// certificateError names the certificate that is not trusted, so that the user
// can find out whose it is: mostly a company's proxy.
func certificateError(host string, err *tls.CertificateVerificationError) *Error {
	e := &Error{Kind: Refused, Message: fmt.Sprintf("the certificate of %s is not valid (%v)", host, err.Err)}
	if len(err.UnverifiedCertificates) == 0 {
		return e
	}
	leaf := err.UnverifiedCertificates[0]
	var unknown x509.UnknownAuthorityError
	if errors.As(err.Err, &unknown) {
		last := err.UnverifiedCertificates[len(err.UnverifiedCertificates)-1]
		e.Message = fmt.Sprintf("the certificate of %s (%s) is signed by %q, which this machine does not trust", host, leaf.Subject, last.Issuer)
		e.Remedy = "if it is your company's proxy, put its certificate into a PEM file and name that in CODEX_CA_CERTIFICATE where the editor is started"
	}
	return e
}
