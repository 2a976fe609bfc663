// SPDX-License-Identifier: MIT OR GPL-2.0

// SINK_MARK is what the XDP sink writes over the destination address of a frame that
// it drops. A veth device frees such a frame without a reason: by the mark, the
// counter of drops knows that it is no loss.
#define SINK_MARK "tbsink"
#define SINK_MARK_LEN 6
