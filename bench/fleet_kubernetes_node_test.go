//go:build fleet

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// kubeNode takes a kubelet's place: it runs the one container of each pod of its node by runc, with the arguments, capabilities, and volumes of
// the pod, tells the API server how it stands, and serves its log. It knows one image, whose only file is the program.
type kubeNode struct {
	*cluster
	name    string
	program string

	wait    sync.WaitGroup
	started map[string]bool // pods
}

// kubePod is what a node reads of a pod.
type kubePod struct {
	Metadata struct {
		Name        string
		Annotations map[string]string
	}
	Spec struct {
		Containers []struct {
			Args            []string
			SecurityContext struct {
				Privileged   *bool
				Capabilities struct{ Add, Drop []string }
			}
		}
		Volumes []struct{ ConfigMap *struct{ Name string } }
	}
	Status struct{ Phase string }
}

type m = map[string]any

// addNode makes a node with one CPU for pods. It ends with the test.
func (c *cluster) addNode(t *testing.T, name, program string) {
	t.Helper()
	n := &kubeNode{cluster: c, name: name, program: program, started: map[string]bool{}}
	logs := httptest.NewTLSServer(http.HandlerFunc(n.serveLog))
	t.Cleanup(logs.Close)
	at, err := url.Parse(logs.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	size := m{"cpu": "1", "memory": "1Gi", "pods": "10"}
	err = c.ask(http.MethodPost, "/api/v1/nodes", m{"metadata": m{"name": name, "labels": m{"kubernetes.io/hostname": name}}}, nil)
	err = errors.Join(err, c.ask(http.MethodPatch, "/api/v1/nodes/"+name+"/status", m{"status": m{
		"capacity": size, "allocatable": size, "conditions": []m{{"type": "Ready", "status": "True"}},
		"addresses":       []m{{"type": "InternalIP", "address": "127.0.0.1"}},
		"daemonEndpoints": m{"kubeletEndpoint": m{"Port": port}},
	}}, nil))
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan struct{})
	n.wait.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(200 * time.Millisecond):
				n.look(t)
			}
		}
	})
	t.Cleanup(func() { close(end); n.wait.Wait() })
}

// look starts what the scheduler has put on the node.
func (n *kubeNode) look(t *testing.T) {
	var list struct{ Items []kubePod }
	if err := n.ask(http.MethodGet, "/api/v1/namespaces/default/pods?fieldSelector=spec.nodeName="+n.name, nil, &list); err != nil {
		t.Logf("%s: %v", n.name, err)
		return
	}
	for _, pod := range list.Items {
		if n.started[pod.Metadata.Name] || pod.Status.Phase != "Pending" {
			continue
		}
		n.started[pod.Metadata.Name] = true
		n.wait.Go(func() {
			if err := n.runPod(pod); err != nil {
				t.Errorf("%s: %s: %v", n.name, pod.Metadata.Name, err)
			}
		})
	}
}

// runPod runs a pod to its end.
func (n *kubeNode) runPod(pod kubePod) error {
	if err := n.say(pod, "Running", m{"running": m{"startedAt": time.Now().UTC().Format(time.RFC3339)}}); err != nil {
		return err
	}
	bundle, err := n.bundle(pod)
	if err != nil {
		return err
	}
	log, err := os.Create(n.log(pod.Metadata.Name))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("runc", "--root", n.path("runc"), "run", "--bundle", bundle, pod.Metadata.Name)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		return err
	}
	code, phase := cmd.ProcessState.ExitCode(), "Succeeded"
	if code != 0 {
		phase = "Failed"
	}
	return n.say(pod, phase, m{"terminated": m{"exitCode": code, "finishedAt": time.Now().UTC().Format(time.RFC3339)}})
}

// say tells the API server how a pod stands.
func (n *kubeNode) say(pod kubePod, phase string, state m) error {
	return n.ask(http.MethodPatch, "/api/v1/namespaces/default/pods/"+pod.Metadata.Name+"/status", m{"status": m{
		"phase": phase, "containerStatuses": []m{{"name": "tunbench", "image": kubeImage, "imageID": "", "ready": phase == "Running", "restartCount": 0, "state": state}},
	}}, nil)
}

// bundle is what runc takes: its own default, which masks and protects as a container engine does, with what the pod says.
func (n *kubeNode) bundle(pod kubePod) (dir string, err error) {
	container := pod.Spec.Containers[0]
	if p := container.SecurityContext.Privileged; p != nil && *p {
		return "", errors.New("the pod wants to be privileged")
	}
	dir = n.path(pod.Metadata.Name)
	root, plan, kept := filepath.Join(dir, "rootfs"), filepath.Join(dir, "plan"), filepath.Join(dir, "results")
	for _, folder := range []string{root, plan, kept} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", err
		}
	}
	if err := os.Link(n.program, filepath.Join(root, "tunbench")); err != nil {
		return "", err
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		var files struct{ BinaryData map[string][]byte }
		if err := n.ask(http.MethodGet, "/api/v1/namespaces/default/configmaps/"+volume.ConfigMap.Name, nil, &files); err != nil {
			return "", err
		}
		for name, text := range files.BinaryData {
			if err := os.WriteFile(filepath.Join(plan, name), text, 0o644); err != nil {
				return "", err
			}
		}
	}
	if out, err := exec.Command("runc", "spec", "--bundle", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("runc spec: %w: %s", err, out)
	}
	return dir, n.adapt(filepath.Join(dir, "config.json"), pod, plan, kept)
}

// adapt makes of runc's default what the pod says.
func (n *kubeNode) adapt(path string, pod kubePod, plan, kept string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config m
	if err := json.Unmarshal(text, &config); err != nil {
		return err
	}
	container := pod.Spec.Containers[0]
	args := []string{"/tunbench"}
	for _, arg := range container.Args {
		args = append(args, strings.ReplaceAll(arg, "$(JOB_COMPLETION_INDEX)", pod.Metadata.Annotations["batch.kubernetes.io/job-completion-index"]))
	}
	capabilities := []string{} // all are dropped
	for _, name := range container.SecurityContext.Capabilities.Add {
		capabilities = append(capabilities, "CAP_"+name)
	}
	process := config["process"].(m)
	process["terminal"], process["args"] = false, args
	process["capabilities"] = m{"bounding": capabilities, "effective": capabilities, "permitted": capabilities}
	process["rlimits"] = []m{{"type": "RLIMIT_MEMLOCK", "hard": 65536, "soft": 65536}}
	config["hostname"] = n.name
	config["root"] = m{"path": "rootfs", "readonly": false}
	var mounts []any
	for _, mount := range config["mounts"].([]any) {
		if at := mount.(m)["destination"]; at != "/dev/mqueue" && at != "/sys/fs/cgroup" {
			mounts = append(mounts, mount)
		}
	}
	bind := func(from, to string) m {
		return m{"destination": to, "type": "bind", "source": from, "options": []string{"bind"}}
	}
	empty := func(to string) m {
		return m{"destination": to, "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "nodev"}}
	}
	config["mounts"] = append(mounts, bind(plan, "/plan"), bind(kept, "/results"), bind("/dev/net/tun", "/dev/net/tun"), empty("/run"), empty("/tmp"))
	if text, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

func (n *kubeNode) log(pod string) string { return n.path(pod + ".log") }

// serveLog answers GET /containerLogs/NAMESPACE/POD/CONTAINER, as a kubelet does for kubectl logs.
func (n *kubeNode) serveLog(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[0] != "containerLogs" {
		http.NotFound(w, r)
		return
	}
	http.ServeFile(w, r, n.log(parts[2]))
}
