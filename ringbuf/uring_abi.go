package ringbuf

import "unsafe"

// The kernel's interface, include/uapi/linux/io_uring.h, with its names and in its order.

// IORING_SETUP_* flags.
const (
	setupRDisabled    = 1 << 6  // Linux 5.10
	setupSubmitAll    = 1 << 7  // Linux 5.18
	setupCoopTaskrun  = 1 << 8  // Linux 5.19
	setupSingleIssuer = 1 << 12 // Linux 6.0
	setupDeferTaskrun = 1 << 13 // Linux 6.1
	setupNoSQArray    = 1 << 16 // Linux 6.6
)

// IORING_ENTER_* flags.
const enterGetEvents = 1 << 0

// IORING_FEAT_* flags.
const featSingleMmap = 1 << 0

// IORING_REGISTER_* commands.
const (
	registerBuffers     = 0
	registerFiles       = 2
	unregisterFiles     = 3
	registerEnableRings = 12
)

// IORING_OP_* operations.
const (
	opReadv     = 1
	opWritev    = 2
	opReadFixed = 4
	opRead      = 22
	opWrite     = 23
)

// IOSQE_* flags.
const sqeFixedFile = 1 << 0

// IORING_OFF_* positions for mmap.
const (
	offSQRing = 0
	offSQEs   = 0x10000000
)

// sqe is struct io_uring_sqe.
type sqe struct {
	opcode      uint8
	flags       uint8
	ioprio      uint16
	fd          int32 // an index with sqeFixedFile
	off         uint64
	addr        uint64
	length      uint32
	rwFlags     uint32
	userData    uint64
	bufIndex    uint16
	personality uint16
	spliceFdIn  int32
	addr3       uint64
	_           uint64
}

// cqe is struct io_uring_cqe.
type cqe struct {
	userData uint64
	res      int32
	flags    uint32
}

// sqOffsets is struct io_sqring_offsets.
type sqOffsets struct {
	head, tail, ringMask, ringEntries, flags, dropped, array, resv1 uint32
	userAddr                                                        uint64
}

// cqOffsets is struct io_cqring_offsets.
type cqOffsets struct {
	head, tail, ringMask, ringEntries, overflow, cqes, flags, resv1 uint32
	userAddr                                                        uint64
}

// params is struct io_uring_params.
type params struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFd uint32
	resv                                                                   [3]uint32
	sqOff                                                                  sqOffsets
	cqOff                                                                  cqOffsets
}

const (
	sqeSize = int(unsafe.Sizeof(sqe{}))
	cqeSize = int(unsafe.Sizeof(cqe{}))
)
