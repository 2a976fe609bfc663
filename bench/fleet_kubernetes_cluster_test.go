//go:build fleet

package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// controlPlane is where make control-plane leaves the programs of Kubernetes.
const controlPlane = "../bin/control-plane"

// kubeToken is what clients of the test's API server show.
const kubeToken = "only-for-this-test"

// cluster is a Kubernetes on this machine: etcd, the API server, the scheduler and the job controller are real, nodes are those of [cluster.addNode].
type cluster struct {
	dir    string
	api    string // URL
	client *http.Client
}

// startKubernetes starts the control plane, and puts a kubectl into the PATH that speaks to it. All end with the test.
func startKubernetes(t *testing.T) *cluster {
	t.Helper()
	needRoot(t)
	bin, err := filepath.Abs(controlPlane)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, tool := range []struct{ name, remedy string }{
		{"kube-apiserver", "make control-plane"},
		{"kube-scheduler", "make control-plane"},
		{"jobcontroller", "make control-plane"},
		{"kubectl", "make control-plane"},
		{"etcd", "install etcd-server"},
		{"runc", "install runc"},
	} {
		if _, err := exec.LookPath(tool.name); err != nil {
			t.Skipf("%s is missing: %s", tool.name, tool.remedy)
		}
	}
	c := &cluster{dir: shortTempDir(t), client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}}
	p := freePorts(t, 4)
	c.api = fmt.Sprintf("https://127.0.0.1:%d", p[2])
	config := c.write(t, "kubeconfig", fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: %s}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`, c.api, kubeToken))
	t.Setenv("KUBECONFIG", config)
	etcd, peer := fmt.Sprintf("http://127.0.0.1:%d", p[0]), fmt.Sprintf("http://127.0.0.1:%d", p[1])
	daemon(t, c.dir, "etcd", "--data-dir="+c.path("etcd"), "--listen-client-urls="+etcd, "--advertise-client-urls="+etcd,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=default="+peer)
	signing := c.write(t, "signing.key", signingKey(t))
	daemon(t, c.dir, "kube-apiserver", "--etcd-servers="+etcd, "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", p[2]),
		"--advertise-address=192.0.2.1", "--endpoint-reconciler-type=none", "--cert-dir="+c.path("certs"),
		"--token-auth-file="+c.write(t, "tokens", kubeToken+",admin,1,system:masters\n"), "--authorization-mode=AlwaysAllow",
		"--service-cluster-ip-range=10.7.0.0/24", "--service-account-key-file="+signing, "--service-account-signing-key-file="+signing,
		"--service-account-issuer=https://kubernetes.default.svc", "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
		"--kubelet-preferred-address-types=InternalIP")
	until(t, "the API answers", func() bool { return succeeds("kubectl", "get", "--raw=/readyz") })
	until(t, "there is a namespace", func() bool { return succeeds("kubectl", "get", "namespace", "default") })
	daemon(t, c.dir, "jobcontroller", config)
	daemon(t, c.dir, "kube-scheduler", "--kubeconfig="+config, "--authentication-kubeconfig="+config, "--authorization-kubeconfig="+config, "--leader-elect=false",
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", p[3]), "--cert-dir="+c.path("certs"))
	return c
}

func (c *cluster) path(name string) string { return filepath.Join(c.dir, name) }

func (c *cluster) write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return c.path(name)
}

// signingKey is one for tokens of service accounts, which nobody here has.
func signingKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// ask sends a request to the API server; out may be nil.
func (c *cluster) ask(method, path string, body, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, c.api+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+kubeToken)
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, said)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(said, out)
}
