package tunnel

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// authority signs the certificates of a run's two ends. Its own key is nowhere but in memory.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// certificateLife is how long certificates are valid: a run is over before.
const certificateLife = 30 * 24 * time.Hour

// newAuthority makes a certificate authority and writes its certificate to a file.
func newAuthority(file string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	a := &authority{key: key}
	template := certificate("tunbench", 1)
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of the authority: %w", err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("make the certificate of the authority: %w", err)
	}
	return a, writePEM(file, "CERTIFICATE", der)
}

// certificate is what those of both ends and of the authority have in common. A clock that is set meanwhile does no harm.
func certificate(name string, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-certificateLife), NotAfter: now.Add(certificateLife),
	}
}

// issue makes key and certificate of an end, and writes them to the files NAME.key and NAME.crt in a folder.
func (a *authority) issue(folder, name string, serial int64) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	template := certificate(name, serial)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("make the certificate of end %s: %w", name, err)
	}
	if err := writePEM(filepath.Join(folder, name+".crt"), "CERTIFICATE", der); err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("write the key of end %s: %w", name, err)
	}
	return writePEM(filepath.Join(folder, name+".key"), "PRIVATE KEY", secret)
}

// secretMode is that of files with keys: nobody but this user reads them.
const secretMode = 0o600

func writePEM(file, kind string, der []byte) error {
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), secretMode); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(file), err)
	}
	return nil
}
