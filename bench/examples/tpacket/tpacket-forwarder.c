// tpacket-forwarder reads what the host sends into a TUN device from a packet socket with a ring (PACKET_MMAP, TPACKET_V3), many packets per system
// call, and writes each to the other device, straight from the ring. A thread for each direction. See README.md for what it does to the device.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TUN_F_USO4 // headers older than Linux 6.2
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define TSO (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)
#define USO (TUN_F_USO4 | TUN_F_USO6)

enum {
	VNET_HDR_LEN = sizeof(struct virtio_net_hdr),
	BLOCK_LEN = 256 << 10, // what the kernel hands over at once: some superpackets
	BLOCKS = 64,
	RETIRE_MS = 1, // the least time after which it hands over a block that is not full
};

struct side {
	int queue;  // of the device: written to, never read
	int socket; // sees what the host sends into the device
	char *ring;
};

struct direction {
	struct side *from, *to;
	int cpu;
};

static const char *setting(const char *name) {
	const char *value = getenv(name);
	if (!value) errx(1, "%s is not set", name);
	return value;
}

// open_queue attaches to the device in this namespace, so that it has carrier, and detaches the queue again: the device still takes what is written to
// it, and drops what the host sends, which the packet socket has seen by then. An attached queue would keep the first packets until it is full.
static int open_queue(const char *device) {
	int fd, len = VNET_HDR_LEN;
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};
	strncpy(ifr.ifr_name, device, IFNAMSIZ - 1);
	if ((fd = open("/dev/net/tun", O_RDWR)) < 0 || ioctl(fd, TUNSETIFF, &ifr)) err(1, "attach to %s", device);
	if (ioctl(fd, TUNSETVNETHDRSZ, &len)) err(1, "set the vnet header of %s", device);
	// Kernels before 6.2 refuse USO.
	if (ioctl(fd, TUNSETOFFLOAD, TSO | USO) && ioctl(fd, TUNSETOFFLOAD, TSO)) err(1, "set the offload of %s", device);
	ifr.ifr_flags = IFF_DETACH_QUEUE;
	if (ioctl(fd, TUNSETQUEUE, &ifr)) err(1, "detach the queue of %s", device);
	return fd;
}

// open_ring opens the packet socket of the device in this namespace.
static void open_ring(struct side *s, unsigned ifindex) {
	int version = TPACKET_V3, on = 1;
	// The socket would also see what this program writes to the device, which the host receives.
	struct sock_filter sent_by_host[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {.len = 4, .filter = sent_by_host};
	struct tpacket_req3 ring = {
		.tp_block_size = BLOCK_LEN, .tp_block_nr = BLOCKS, .tp_frame_size = BLOCK_LEN, .tp_frame_nr = BLOCKS, .tp_retire_blk_tov = RETIRE_MS,
	};
	struct sockaddr_ll device = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	s->socket = socket(AF_PACKET, SOCK_RAW, 0);
	if (s->socket < 0) err(1, "open a packet socket");
	if (setsockopt(s->socket, SOL_PACKET, PACKET_VERSION, &version, sizeof version)) err(1, "PACKET_VERSION");
	if (setsockopt(s->socket, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on)) err(1, "PACKET_VNET_HDR");
	if (setsockopt(s->socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter)) err(1, "SO_ATTACH_FILTER");
	if (setsockopt(s->socket, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring)) err(1, "PACKET_RX_RING");
	s->ring = mmap(NULL, (size_t)BLOCK_LEN * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, s->socket, 0);
	if (s->ring == MAP_FAILED) err(1, "map the ring");
	if (bind(s->socket, (struct sockaddr *)&device, sizeof device)) err(1, "bind to the device");
}

static void open_side(struct side *s, const char *netns, const char *device) {
	int ns = open(netns, O_RDONLY);
	if (ns < 0 || setns(ns, CLONE_NEWNET)) err(1, "enter %s", netns);
	close(ns);
	open_ring(s, if_nametoindex(device)); // first: with carrier, packets come
	s->queue = open_queue(device);
}

// wait_for waits until the kernel has handed over the block.
static void wait_for(struct side *s, struct tpacket_block_desc *block) {
	struct pollfd p = {.fd = s->socket, .events = POLLIN | POLLERR};
	struct ifreq ifr;
	while (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR) err(1, "poll");
		if (!(p.revents & POLLERR)) continue;
		int error;
		socklen_t len = sizeof error;
		getsockopt(s->socket, SOL_SOCKET, SO_ERROR, &error, &len); // it is down (ENETDOWN), which may pass, or gone
		if (ioctl(s->queue, TUNGETIFF, &ifr)) err(1, "cannot read, is the device gone?");
	}
}

static void *forward(void *arg) {
	struct direction *d = arg;
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(d->cpu, &set);
	if (*setting("TUNBENCH_CPUS") && sched_setaffinity(0, sizeof set, &set)) err(1, "pin to CPU %d", d->cpu);
	for (int i = 0;; i = (i + 1) % BLOCKS) {
		struct tpacket_block_desc *block = (void *)(d->from->ring + (size_t)i * BLOCK_LEN);
		wait_for(d->from, block);
		char *at = (char *)block + block->hdr.bh1.offset_to_first_pkt;
		for (unsigned n = block->hdr.bh1.num_pkts; n; n--) {
			struct tpacket3_hdr *packet = (void *)at;
			at += packet->tp_next_offset;
			if (packet->tp_snaplen < packet->tp_len) continue; // cut: no packet of a device is that long
			// The vnet header ends where the packet begins. What the kernel refuses is dropped.
			if (write(d->to->queue, (char *)packet + packet->tp_mac - VNET_HDR_LEN, VNET_HDR_LEN + packet->tp_snaplen) < 0) continue;
		}
		__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	}
}

int main(void) {
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL); // for all threads: main waits for it
	static struct side a, b; // the threads use them until the process is gone, and main's own variables end before
	open_side(&a, setting("TUNBENCH_A_NETNS"), setting("TUNBENCH_A_DEVICE"));
	open_side(&b, setting("TUNBENCH_B_NETNS"), setting("TUNBENCH_B_DEVICE"));
	int cpu = atoi(setting("TUNBENCH_CPUS")); // the first of the list
	static struct direction directions[2];
	directions[0] = (struct direction){&a, &b, cpu};
	directions[1] = (struct direction){&b, &a, cpu};
	for (int i = 0; i < 2; i++) {
		pthread_t thread;
		if ((errno = pthread_create(&thread, NULL, forward, &directions[i]))) err(1, "start a thread");
	}
	int signal;
	sigwait(&term, &signal);
	return 0;
}
