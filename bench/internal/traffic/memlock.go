package traffic

import "github.com/cilium/ebpf/rlimit"

// raiseMemlock makes room for maps. Only kernels before 5.11 charge them to
// RLIMIT_MEMLOCK, and raising it takes CAP_SYS_RESOURCE: where that fails, loading
// shows whether it mattered.
func raiseMemlock() { _ = rlimit.RemoveMemlock() }
