// Package network makes the connections to models and to who issues
// credentials: by which proxy, trusting whom. It also says why one could not
// be made, in words for the user.
package network

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"

	"golang.org/x/net/http/httpproxy"
)

// A Route is how connections are made. The zero value is the process's own:
// the proxies of the environment, the authorities that the system trusts.
type Route struct {
	CAFile string // of further authorities to trust, PEM
	Proxy  string // a URL, in place of those of the environment; it may hold a password
	Bypass string // hosts that Proxy is not for, in the form of NO_PROXY, beside those of the environment
}

// transports are those of the routes taken so far. A transport keeps
// connections, so there is one for all who take a route.
var transports struct {
	mu      sync.Mutex
	byRoute map[Route]http.RoundTripper // guarded by mu
}

// Transport is what sends requests by this route. An error is a [*Fault].
func (r Route) Transport() (http.RoundTripper, error) {
	if r == (Route{}) {
		return http.DefaultTransport, nil
	}
	transports.mu.Lock()
	defer transports.mu.Unlock()
	if t := transports.byRoute[r]; t != nil {
		return t, nil
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	if err := r.trust(t); err != nil {
		return nil, err
	}
	if err := r.detour(t); err != nil {
		return nil, err
	}
	if transports.byRoute == nil {
		transports.byRoute = make(map[Route]http.RoundTripper)
	}
	transports.byRoute[r] = t
	return t, nil
}

// trust adds the authorities of the file to those of the system.
func (r Route) trust(t *http.Transport) error {
	if r.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(r.CAFile)
	if err != nil {
		return caError(err.Error())
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without any: then only these
	}
	if !roots.AppendCertsFromPEM(pem) {
		return caError(r.CAFile + " holds no certificate in PEM format")
	}
	t.TLSClientConfig = &tls.Config{RootCAs: roots}
	return nil
}

// detour takes the proxy that the route names.
func (r Route) detour(t *http.Transport) error {
	if r.Proxy == "" {
		return nil
	}
	if u, err := url.Parse(r.Proxy); err != nil || u.Host == "" {
		return &Fault{Kind: Wrong, Message: "the proxy in the editor's settings is not a URL", Remedy: "write it as http://host:port"}
	}
	c := httpproxy.FromEnvironment()
	c.HTTPProxy, c.HTTPSProxy = r.Proxy, r.Proxy
	if r.Bypass != "" {
		c.NoProxy += "," + r.Bypass
	}
	choose := c.ProxyFunc()
	t.Proxy = func(req *http.Request) (*url.URL, error) { return choose(req.URL) }
	return nil
}

func caError(cause string) error {
	return &Fault{Kind: Wrong, Message: fmt.Sprintf("the certificate authority cannot be read (%s)", cause), Remedy: "correct CODEX_CA_CERTIFICATE (or SSL_CERT_FILE), or unset it"}
}
