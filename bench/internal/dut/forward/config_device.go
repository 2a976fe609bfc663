package forward

import (
	"net/netip"
	"os/user"
	"strconv"

	"tunbench/bench/internal/testbed/nic"
	"tunbench/bench/internal/yamlfile"
	"tunbench/forwarder/tun"
)

// device takes the keys of one device; its name in the description is end.
func (r *configReader) device(n *node, end string, to *Endpoint, i *Interface) error {
	i.Up = new(true)
	return r.EachKey(n, "key of a device", deviceKeys, func(name string, n *node) (err error) {
		key := end + "." + name
		r.nodes[key] = n
		switch name {
		case "device":
			err = r.name(n, key, &to.Device)
		case "netns":
			to.NetNS, err = r.netns(n, key)
		case "up":
			*i.Up, err = r.Bool(n, key)
		case "mtu":
			i.MTU, err = r.Int(n, key, nic.MinMTU, nic.MaxMTU(tun.TUN), "bytes")
		case "txqlen":
			i.TxQueueLen, err = r.Int(n, key, 1, nic.MaxTxQueueLen, "packets")
		case "mac":
			i.MAC, err = value(r, n, key, nic.ParseMAC)
		case "promiscuous":
			var on bool
			on, err = r.Bool(n, key)
			i.Promiscuous = &on
		case "bridge":
			if i.Bridge, err = r.Text(n, key); err == nil {
				err = r.wrong(n, key, nic.CheckName(i.Bridge))
			}
		case "addresses":
			err = r.addresses(n, key, i)
		case "routes":
			err = r.routes(n, key, i)
		case "persist":
			i.Persistent, err = r.Bool(n, key)
		case "owner":
			i.Owner, err = r.account(n, key, "user", func(name string) (string, error) {
				u, err := user.Lookup(name)
				if err != nil {
					return "", err
				}
				return u.Uid, nil
			})
		case "group":
			i.Group, err = r.account(n, key, "group", func(name string) (string, error) {
				g, err := user.LookupGroup(name)
				if err != nil {
					return "", err
				}
				return g.Gid, nil
			})
		}
		return err
	})
}

// name is that of a device, which may have %d for a number that the kernel chooses.
func (r *configReader) name(n *node, key string, to *string) (err error) {
	if *to, err = r.Text(n, key); err != nil {
		return err
	}
	if *to == "all" || *to == "default" { // where sysctls of all devices are
		return r.ErrorAt(n, "%s: %s: want another name: the kernel makes no device of this one", key, *to)
	}
	return nil
}

// value is a single value that parse takes; parse's error says what it wants.
func value[T any](r *configReader, n *node, key string, parse func(string) (T, error)) (v T, err error) {
	text, err := r.Text(n, key)
	if err != nil {
		return v, err
	}
	v, err = parse(text)
	return v, r.wrong(n, key, err)
}

// wrong says of a value what is wanted instead; nil of nil.
func (r *configReader) wrong(n *node, key string, err error) error {
	if err == nil {
		return nil
	}
	return r.ErrorAt(n, "%s: %s: %v", key, n.Value, err)
}

func (r *configReader) addresses(n *node, key string, i *Interface) error {
	items, err := r.Items(n, key)
	if err != nil {
		return err
	}
	for _, item := range items {
		address, err := value(r, item, key, nic.ParseAddress)
		if err != nil {
			return err
		}
		i.Addresses = append(i.Addresses, address)
		r.nodes[key+" "+address.String()] = item
		r.nodes[key+" "+address.Addr().String()] = item
	}
	return nil
}

func (r *configReader) routes(n *node, key string, i *Interface) error {
	items, err := r.Items(n, key)
	if err != nil {
		return err
	}
	for _, item := range items {
		route, err := r.route(item, key)
		if err != nil {
			return err
		}
		i.Routes = append(i.Routes, route)
		r.nodes[key+" "+route.String()] = item
	}
	return nil
}

// route is a destination, or a mapping of it with a router and a metric.
func (r *configReader) route(n *node, key string) (route nic.Route, err error) {
	to := n
	if !yamlfile.IsText(n) {
		to = nil
		err = r.EachKey(n, "key of a route", routeKeys, func(name string, n *node) (err error) {
			key := key + "." + name
			switch name {
			case "to":
				to = n
			case "via":
				route.Via, err = value(r, n, key, nic.ParseVia)
				r.nodes[key+" "+route.Via.String()] = n
			case "metric":
				route.Metric, err = r.Int(n, key, 1, nic.MaxMetric, "")
			}
			return err
		})
	}
	if err != nil {
		return route, err
	}
	if to == nil {
		return route, r.ErrorAt(n, "%s: to is missing: the network, such as 10.1.0.0/16, or default", key)
	}
	route.To, err = value(r, to, key+".to", func(text string) (netip.Prefix, error) { return nic.ParseTo(text, route.Via) })
	return route, err
}

// account is the number of a user or a group, given as such or by name.
func (r *configReader) account(n *node, key, kind string, lookup func(name string) (string, error)) (*int, error) {
	text, err := r.Text(n, key)
	if err != nil {
		return nil, err
	}
	const most = 1<<32 - 2 // the last one means nobody
	number, err := strconv.Atoi(text)
	if err != nil {
		id, err := lookup(text)
		if err != nil {
			return nil, r.ErrorAt(n, "%s: %s: no such %s here: want a name that there is, or a number", key, text, kind)
		}
		if number, err = strconv.Atoi(id); err != nil {
			return nil, r.ErrorAt(n, "%s: %s: its number is %s: want a %s with a whole number", key, text, id, kind)
		}
	}
	if number < 0 || number > most {
		return nil, r.ErrorAt(n, "%s: %s: want 0 to %d, or a name", key, text, most)
	}
	return &number, nil
}
