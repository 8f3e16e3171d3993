package network

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// A Fault is why a request got no answer: the cause, and what to do about it.
type Fault struct {
	Kind            Kind
	Message, Remedy string
}

func (f *Fault) Error() string {
	if f.Remedy == "" {
		return f.Message
	}
	return f.Message + "\n" + f.Remedy
}

// A Kind says whether to try again.
type Kind int

const (
	Broken  Kind = iota // the machine was there: try again
	Offline             // there is no way to it: try again when the network is back
	Wrong               // a setting is wrong: the same again cannot help
)

// A Target is who was asked.
type Target struct {
	URL     string // of which the host is named
	Setting string // where the URL comes from, as in "base_url of the provider"; "" if it is no setting
}

// host is the target's, with its port.
func (t Target) host() string {
	if u, err := url.Parse(t.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return t.URL
}

// check is advice that ends with looking at the setting.
func (t Target) check(what string) string {
	if t.Setting == "" {
		return "check " + what
	}
	return "check " + what + ", and " + t.Setting
}

// Explain puts the error of a request to a target in words. The URL, which may
// hold keys, is not among them, except for its host.
func Explain(err error, t Target) *Fault {
	var known *Fault
	if errors.As(err, &known) {
		return known
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its own text holds the whole URL
	}
	host := t.host()
	var (
		cert *tls.CertificateVerificationError
		dns  *net.DNSError
		op   *net.OpError
		rec  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &cert):
		return certificateFault(host, cert)
	case errors.As(err, &rec), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		f := &Fault{Kind: Wrong, Message: host + " does not speak TLS"}
		if t.Setting != "" {
			f.Remedy = "write base_url with http:// if that is the server you mean"
		}
		return f
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return &Fault{Kind: Offline, Message: fmt.Sprintf("cannot reach %s through the proxy (%v)", host, op.Err), Remedy: "check HTTPS_PROXY and NO_PROXY, or the proxy in the editor's settings"}
	case errors.As(err, &dns):
		return &Fault{Kind: Offline, Message: fmt.Sprintf("cannot find %s (%s)", dns.Name, dns.Err), Remedy: t.check("the network")}
	case errors.Is(err, syscall.ECONNREFUSED): // the network is there, and the machine, and no server
		return &Fault{Kind: Broken, Message: fmt.Sprintf("cannot connect to %s (connection refused)", host), Remedy: t.check("that the server runs")}
	case errors.As(err, &op) && op.Op == "dial":
		return &Fault{Kind: Offline, Message: fmt.Sprintf("cannot connect to %s (%s)", host, dialCause(op)), Remedy: "check the network, and that the server runs"}
	}
	return &Fault{Kind: Broken, Message: fmt.Sprintf("the connection to %s broke (%s)", host, excerpt(err.Error()))}
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

// certificateFault names the certificate that is not accepted, so that the user
// can find out whose it is: mostly a company's proxy.
func certificateFault(host string, err *tls.CertificateVerificationError) *Fault {
	f := &Fault{Kind: Wrong, Message: fmt.Sprintf("the certificate of %s is not valid (%v)", host, err.Err)}
	if len(err.UnverifiedCertificates) == 0 {
		return f
	}
	leaf := err.UnverifiedCertificates[0]
	f.Message = fmt.Sprintf("the certificate of %s (%s, issued by %s) is not valid (%v)", host, leaf.Subject, leaf.Issuer, err.Err)
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
	)
	switch {
	case errors.As(err.Err, &unknown):
		last := err.UnverifiedCertificates[len(err.UnverifiedCertificates)-1]
		f.Message = fmt.Sprintf("the certificate of %s (%s) is signed by %q, which this machine does not trust", host, leaf.Subject, last.Issuer)
		f.Remedy = "if it is your company's proxy, put its certificate into a PEM file and name that in CODEX_CA_CERTIFICATE where the editor is started"
	case errors.As(err.Err, &invalid) && invalid.Reason == x509.Expired:
		f.Message = fmt.Sprintf("the certificate of %s (%s, issued by %s) is valid from %s to %s only", host, leaf.Subject, leaf.Issuer, day(leaf.NotBefore), day(leaf.NotAfter))
		f.Remedy = "check this machine's clock; if it is right, the server needs a new certificate"
	case errors.As(err.Err, &name):
		f.Message = fmt.Sprintf("the certificate of %s (%s, issued by %s) is for another host: %s", host, leaf.Subject, leaf.Issuer, strings.Join(names(leaf), ", "))
		f.Remedy = "check the address; a proxy or a captive portal may have answered in the server's place"
	}
	return f
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 MST") }

// names are the hosts that a certificate is for.
func names(c *x509.Certificate) []string {
	list := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	if len(list) == 0 {
		return []string{c.Subject.CommonName}
	}
	return list
}

// maxExcerpt bounds what is quoted of an error that nobody foresaw.
const maxExcerpt = 600

// excerpt makes a text fit to stand in a sentence.
func excerpt(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > maxExcerpt {
		s = string(r[:maxExcerpt]) + "…"
	}
	return s
}
