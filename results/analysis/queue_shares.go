package analysis

import "tunbench/results"

// QueueShares is what the queues of the forwarder carried, over the usable trials of a scenario and arm.
type QueueShares struct {
	Repeats
	Packets   []int64 // by queue index, both directions together
	Reordered *int64  // of all packets; nil where it was not counted
}

// Balance is the share of the packets that each queue carried; 0 each where there were none.
func (q QueueShares) Balance() []float64 {
	var sum int64
	for _, n := range q.Packets {
		sum += n
	}
	shares := make([]float64, len(q.Packets))
	for i, n := range q.Packets {
		if sum > 0 {
			shares[i] = float64(n) / float64(sum)
		}
	}
	return shares
}

// QueuesOf adds up the queues of each scenario and arm that has several, in the order in which these come first.
func QueuesOf(trials []results.Trial) []QueueShares {
	var all []QueueShares
	for _, group := range groupTrials(trials) {
		q := QueueShares{Repeats: Repeats{group[0].Scenario, group[0].Arm}}
		for _, t := range group {
			if !t.Usable() {
				continue
			}
			for _, queue := range t.Queues {
				for len(q.Packets) <= queue.Queue && queue.Queue < maxQueues {
					q.Packets = append(q.Packets, 0)
				}
				if queue.Queue >= 0 && queue.Queue < maxQueues {
					q.Packets[queue.Queue] += queue.AToBPackets + queue.BToAPackets
				}
			}
			if t.Reordered != nil {
				if q.Reordered == nil {
					q.Reordered = new(int64)
				}
				*q.Reordered += *t.Reordered
			}
		}
		if len(q.Packets) > 1 {
			all = append(all, q)
		}
	}
	return all
}

// maxQueues is how many a device can have (MAX_TAP_QUEUES of drivers/net/tun.c).
const maxQueues = 256
