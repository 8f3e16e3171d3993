package network

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serveTLS serves with a certificate of its own making, and returns it.
func serveTLS(t *testing.T, c x509.Certificate) (url string, made *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.IsCA, c.BasicConstraintsValid = big.NewInt(1), true, true
	c.Subject = pkix.Name{CommonName: "proxy.corp.example", Organization: []string{"Corp"}}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of our refusal
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, made
}

// get asks by a route and says what went wrong.
func get(t *testing.T, r Route, url string) *Fault {
	t.Helper()
	transport, err := r.Transport()
	if err == nil {
		var resp *http.Response
		c := &http.Client{Transport: transport}
		if resp, err = c.Get(url); err == nil {
			resp.Body.Close()
			c.CloseIdleConnections()
			return nil
		}
	}
	return Explain(err, Target{URL: url, Setting: "base_url"})
}

func TestCertificatesAreNamed(t *testing.T) {
	now := time.Now()
	tests := []struct {
		name         string
		cert         x509.Certificate
		trusted      bool
		says, remedy string
	}{
		{"unknown", x509.Certificate{NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), DNSNames: []string{"localhost"}}, false,
			`(CN=proxy.corp.example,O=Corp) is signed by "CN=proxy.corp.example,O=Corp", which this machine does not trust`, "CODEX_CA_CERTIFICATE"},
		{"expired", x509.Certificate{NotBefore: now.Add(-2 * time.Hour), NotAfter: now.Add(-time.Hour), DNSNames: []string{"localhost"}}, true,
			"issued by CN=proxy.corp.example,O=Corp) is valid from ", "clock"},
		{"of another host", x509.Certificate{NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), DNSNames: []string{"elsewhere.example"}}, true,
			"is for another host: elsewhere.example", "captive portal"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			url, cert := serveTLS(t, test.cert)
			var r Route
			if test.trusted {
				r.CAFile = filepath.Join(t.TempDir(), "ca.pem")
				if err := os.WriteFile(r.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f := get(t, r, strings.Replace(url, "127.0.0.1", "localhost", 1))
			if f == nil || f.Kind != Wrong || !strings.Contains(f.Message, test.says) || !strings.Contains(f.Remedy, test.remedy) {
				t.Errorf("fault %v", f)
			}
		})
	}
}

func TestEditorsProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Host+" "+r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	r := Route{Proxy: strings.Replace(proxy.URL, "http://", "http://u:secret@", 1), Bypass: "direct.invalid"}
	if f := get(t, r, "http://model.invalid/v1"); f != nil {
		t.Error(f)
	}
	if f := get(t, r, "http://direct.invalid/v1"); f == nil || f.Kind != Offline {
		t.Errorf("past the proxy: %v", f)
	}
	if want := "GET model.invalid Basic dTpzZWNyZXQ="; len(asked) != 1 || asked[0] != want {
		t.Errorf("the proxy was asked %q, want %q", asked, want)
	}
	proxy.Close()
	f := get(t, r, "https://model.invalid/v1")
	if f == nil || f.Kind != Offline || !strings.Contains(f.Message, "through the proxy") || strings.Contains(f.Error(), "secret") {
		t.Errorf("without the proxy: %v", f)
	}
	if _, err := (Route{Proxy: "not a url"}).Transport(); !errors.As(err, &f) || !strings.Contains(f.Message, "proxy") {
		t.Errorf("error %v", err)
	}
}

func TestRoutesShareConnections(t *testing.T) {
	one, err1 := Route{Proxy: "http://localhost:1"}.Transport()
	two, err2 := Route{Proxy: "http://localhost:1"}.Transport()
	plain, err3 := Route{}.Transport()
	if errors.Join(err1, err2, err3) != nil || one != two || plain != http.DefaultTransport || plain == one {
		t.Errorf("transports %p %p %p", one, two, plain)
	}
}
