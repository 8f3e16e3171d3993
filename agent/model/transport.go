package model

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"sync"
)

// transports are those that trust a further authority, by the PEM file that
// holds it. A transport keeps connections, so there is one for all clients.
var transports struct {
	mu     sync.Mutex
	byFile map[string]http.RoundTripper // guarded by mu
}

// transport is the process's own, with the proxies of the environment.
func transport(caFile string) (http.RoundTripper, error) {
	if caFile == "" {
		return http.DefaultTransport, nil
	}
	transports.mu.Lock()
	defer transports.mu.Unlock()
	if t := transports.byFile[caFile]; t != nil {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, caError(err.Error())
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without any: then only this one
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, caError(caFile + " holds no certificate in PEM format")
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: roots}
	if transports.byFile == nil {
		transports.byFile = make(map[string]http.RoundTripper)
	}
	transports.byFile[caFile] = t
	return t, nil
}

func caError(cause string) error {
	return &Error{Kind: Refused, Message: fmt.Sprintf("the certificate authority cannot be read (%s)", cause), Remedy: "correct CODEX_CA_CERTIFICATE, or unset it"}
}
