package capturetest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"time"
)

// TLS says what protects a connection.
type TLS struct {
	Version uint16 // such as tls.VersionTLS10
	Suite   uint16 // 0 for the first that both ends know
	Keys    io.Writer
}

// Turn is what one end of a connection says: the client's, unless From is 1.
type Turn struct {
	From int
	Data []byte
}

// OverTLS adds a handshake and then the turns, each as at least one record, and writes
// the keys in the format of SSLKEYLOGFILE. The handshake takes its random numbers from the
// system: no two are equal.
func (c *Conn) OverTLS(o TLS, turns ...Turn) error {
	own, err := certificate()
	if err != nil {
		return err
	}
	var log recorder
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	deadline := time.Now().Add(time.Minute)
	_, _ = a.SetDeadline(deadline), b.SetDeadline(deadline)
	config := &tls.Config{MinVersion: o.Version, MaxVersion: o.Version, Certificates: []tls.Certificate{own},
		InsecureSkipVerify: true, KeyLogWriter: o.Keys, SessionTicketsDisabled: true}
	if o.Suite != 0 {
		config.CipherSuites = []uint16{o.Suite}
	}
	server := config.Clone()
	server.KeyLogWriter = nil
	ends := [2]*tls.Conn{tls.Client(recorded{a, 0, &log}, config), tls.Server(recorded{b, 1, &log}, server)}
	done := make(chan error, 1)
	go func() { done <- ends[1].Handshake() }()
	if err := errors.Join(ends[0].Handshake(), <-done); err != nil {
		return err
	}
	for _, t := range turns {
		go func() {
			_, err := ends[t.From].Write(t.Data)
			done <- err
		}()
		got := make([]byte, len(t.Data))
		_, err := io.ReadFull(ends[1-t.From], got)
		if err := errors.Join(err, <-done); err != nil {
			return err
		}
		if !bytes.Equal(got, t.Data) {
			return errors.New("TLS has changed the data")
		}
	}
	for _, t := range log.all {
		if t.From == 0 {
			c.Send(t.Data)
		} else {
			c.Reply(t.Data)
		}
	}
	return nil
}

// certificate is one of the server, made once: with RSA, since that serves all suites.
var certificate = sync.OnceValues(func() (c tls.Certificate, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return c, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

// recorder has what both ends wrote, in turn.
type recorder struct {
	mu  sync.Mutex
	all []Turn
}

type recorded struct {
	net.Conn
	from int
	to   *recorder
}

func (r recorded) Write(b []byte) (int, error) {
	r.to.mu.Lock()
	r.to.all = append(r.to.all, Turn{r.from, bytes.Clone(b)})
	r.to.mu.Unlock()
	return r.Conn.Write(b)
}
