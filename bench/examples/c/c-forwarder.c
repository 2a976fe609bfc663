// c-forwarder passes packets between two multi-queue TUN or TAP devices as they are. Each queue has a thread for each direction, which blocks in
// read and in write and always writes to the queue with the same index, so that flows keep their order.
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef TUN_F_USO4 // headers older than Linux 6.2
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define TSO (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)
#define USO (TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6)

struct direction { int from, to, cpu; }; // two queues, and where the thread runs

static const char *setting(const char *name) {
	const char *value = getenv(name);
	if (!value) errx(1, "%s is not set", name);
	return value;
}

static int is(const char *name, const char *value) { return strcmp(setting(name), value) == 0; }

static unsigned long offload(void) {
	if (is("TUNBENCH_VNET", "off") || is("TUNBENCH_OFFLOAD", "none")) return 0;
	if (is("TUNBENCH_OFFLOAD", "csum")) return TUN_F_CSUM;
	if (is("TUNBENCH_OFFLOAD", "tso")) return TSO;
	if (is("TUNBENCH_OFFLOAD", "uso")) return USO;
	if (is("TUNBENCH_OFFLOAD", "all")) return TSO | USO;
	errx(1, "TUNBENCH_OFFLOAD=%s: want none, csum, tso, uso or all", setting("TUNBENCH_OFFLOAD"));
}

// attach opens one queue of a device. An fd keeps the namespace that it was opened in.
static int attach(const char *netns, const char *device) {
	int ns = open(netns, O_RDONLY), fd, len = sizeof(struct virtio_net_hdr), vnet = !is("TUNBENCH_VNET", "off");
	if (ns < 0 || setns(ns, CLONE_NEWNET)) err(1, "enter %s", netns);
	close(ns);
	struct ifreq ifr = {.ifr_flags = IFF_NO_PI | IFF_MULTI_QUEUE | (is("TUNBENCH_DEV", "tap") ? IFF_TAP : IFF_TUN) | (vnet ? IFF_VNET_HDR : 0)};
	strncpy(ifr.ifr_name, device, IFNAMSIZ - 1);
	if ((fd = open("/dev/net/tun", O_RDWR)) < 0 || ioctl(fd, TUNSETIFF, &ifr)) err(1, "attach to %s", device);
	if (vnet && ioctl(fd, TUNSETVNETHDRSZ, &len)) err(1, "set the vnet header of %s", device);
	// The mask belongs to the device, which may have one from its last reader. Kernels before 6.2 refuse USO.
	if (ioctl(fd, TUNSETOFFLOAD, offload()) && ioctl(fd, TUNSETOFFLOAD, offload() & TSO)) err(1, "set the offload of %s", device);
	return fd;
}

static void *forward(void *arg) {
	struct direction *d = arg;
	char packet[128 << 10]; // longer than any superpacket
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(d->cpu, &set);
	if (*setting("TUNBENCH_CPUS") && sched_setaffinity(0, sizeof set, &set)) err(1, "pin to CPU %d", d->cpu);
	for (;;) {
		ssize_t n = read(d->from, packet, sizeof packet);
		if (n < 0 && errno != EINTR) err(1, "cannot read, is the device gone?");
		if (n > 0 && write(d->to, packet, n) < 0) continue; // refused, or the device is down: the packet is dropped
	}
}

int main(void) {
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL); // for all threads: main waits for it
	int queues = atoi(setting("TUNBENCH_QUEUES"));
	struct direction *directions = calloc(queues, 2 * sizeof *directions);
	const char *cpus = setting("TUNBENCH_CPUS"), *cpu = cpus;
	for (int i = 0; i < queues; i++) {
		int a = attach(setting("TUNBENCH_A_NETNS"), setting("TUNBENCH_A_DEVICE")), b = attach(setting("TUNBENCH_B_NETNS"), setting("TUNBENCH_B_DEVICE"));
		directions[2 * i] = (struct direction){a, b, atoi(cpu)};
		directions[2 * i + 1] = (struct direction){b, a, atoi(cpu)};
		cpu = strchr(cpu, ',') ? strchr(cpu, ',') + 1 : cpus;
	}
	for (int i = 0; i < 2 * queues; i++) {
		pthread_t thread;
		if ((errno = pthread_create(&thread, NULL, forward, &directions[i]))) err(1, "start a thread");
	}
	int signal;
	sigwait(&term, &signal);
	return 0;
}
