// Package dnsconfig stands in for a module that not every module proxy has. Nebula changes the host's DNS with it, if
// its configuration asks for that; this one cannot.
package dnsconfig

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
)

var (
	ErrConfigurationDeclined = errors.New("this build of nebula leaves DNS alone")
	ErrInterfaceRequired     = errors.New("an interface is required")
)

type Config struct {
	Nameservers                 []netip.Addr
	MatchDomains, SearchDomains []string
}

func (c Config) IsSplit() bool { return len(c.MatchDomains) > 0 }

type BackendKind int

const BackendAuto BackendKind = 0

type Options struct {
	Identity, InterfaceName string
	Logger                  *slog.Logger
	ForceBackend            BackendKind
}

type Manager struct{}

func New(context.Context, Options) (*Manager, error) { return &Manager{}, nil }

func (*Manager) Set(Config) error { return ErrConfigurationDeclined }

func (*Manager) Clear() error { return nil }

func (*Manager) Close() error { return nil }

func ValidateIdentity(string) error { return nil }

func (Config) Validate() error { return nil }
