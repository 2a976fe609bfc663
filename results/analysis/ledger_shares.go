package analysis

import "tunbench/results"

// LedgerShare is what share of the packets intended ended at one place.
type LedgerShare struct {
	Place   results.Place
	Packets int64
	Share   float64 // of those intended
}

// LedgerShares divides the packets intended among the places where they ended, in the order of the path; places without packets are left out. A ledger
// without packets intended has no shares, and packets that are counted at two places make the shares of all add up to more than 1.
func LedgerShares(l results.Ledger) []LedgerShare {
	intended := l.Packets(results.PlaceIntended)
	if intended <= 0 {
		return nil
	}
	var shares []LedgerShare
	for _, e := range l.Balanced() {
		if e.Packets > 0 && (e.Place == results.PlaceSink || e.Place == results.PlaceUnaccounted || e.Place.Loses()) {
			shares = append(shares, LedgerShare{e.Place, e.Packets, float64(e.Packets) / float64(intended)})
		}
	}
	return shares
}
