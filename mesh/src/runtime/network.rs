//! Network `127.A.B.0/24` of a run, reserved by a listening socket that the kernel closes when the process exits.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    io,
    net::{Ipv4Addr, SocketAddrV4, TcpListener},
};

use rand::RngExt;
use tokio::net::TcpSocket;

/// Port on `127.A.B.1` whose listener reserves the network.
const CLAIM_PORT: u16 = 15010;
/// Istio's port for outbound connections.
pub const OUTBOUND_ANY: u16 = 15001;
/// Istio's port for merged metrics, on every pod's address.
pub const METRICS_PORT: u16 = 15020;
/// OpenTelemetry's port for OTLP over HTTP.
pub const COLLECTOR_PORT: u16 = 4318;
/// Replaces server port 80: an ordinary user may not listen below 1024.
pub const GATEWAY_PORT: u16 = 8080;
/// First host number for pods; .1 is the mesh itself, .2 the ingress gateway.
const FIRST_POD: u8 = 11;
const LAST_POD: u8 = 254;
const ATTEMPTS: usize = 64;

/// Error of reserving a network, an address or a port.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A port is in use on every network tried; usually another program listens on all addresses.
    #[error(
        "port {port} is in use on all {ATTEMPTS} loopback networks tried, last at {address}: {source}; {help}",
        help = port_in_use_help(port)
    )]
    Taken {
        /// The port.
        port: u16,
        /// Address of the last attempt.
        address: Ipv4Addr,
        /// Reason of the operating system.
        source: io::Error,
    },
    /// The requested port of the page is in use.
    #[error("cannot reserve port {port} of 127.0.0.1 for the gateway: {source}; choose another one with --port")]
    Page {
        /// The port.
        port: u16,
        /// Reason of the operating system.
        source: io::Error,
    },
    /// All addresses are in use.
    #[error("network 127.{0}.{1}.0/24 has no free address: it holds at most {most} pods; use fewer replicas", most = LAST_POD - FIRST_POD + 1)]
    Full(u8, u8),
}

/// Help for a port that is in use on an address of the loopback network.
pub(super) fn port_in_use_help(port: impl std::fmt::Display) -> String {
    format!(
        "most likely a program listens on 0.0.0.0:{port} (`ss -ltnp sport = :{port}` shows it): stop it, or let it listen on 127.0.0.1 only"
    )
}

/// A reserved network of the loopback interface.
#[derive(Debug)]
pub struct Network {
    a: u8,
    b: u8,
    next: u8,
    /// Last byte of each address in use, with the pod's name, until the pod has exited.
    used: BTreeMap<u8, String>,
    // Keeps the network reserved.
    _claim: TcpListener,
}

impl Network {
    /// Reserves a network on which the ports of the mesh are free.
    ///
    /// # Errors
    /// If a port is in use on every network tried.
    pub fn take() -> Result<Self, Error> {
        let mut random = rand::rng();
        let mut last = None;
        // Try at random: processes of a run that was just killed may hold ports for some milliseconds.
        for _ in 0..ATTEMPTS {
            let (a, b) = (random.random_range(64..=126), random.random_range(0..=254));
            match Self::reserve(a, b) {
                Ok(network) => return Ok(network),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(Error::Full(127, 0)))
    }

    fn reserve(a: u8, b: u8) -> Result<Self, Error> {
        let bind = |address, port| {
            TcpListener::bind(SocketAddrV4::new(address, port)).map_err(|source| Error::Taken { port, address, source })
        };
        let claim = bind(Ipv4Addr::new(127, a, b, 1), CLAIM_PORT)?;
        for port in [GATEWAY_PORT, OUTBOUND_ANY, METRICS_PORT] {
            bind(Ipv4Addr::new(127, a, b, 2), port)?;
        }
        Ok(Self { a, b, next: FIRST_POD, used: BTreeMap::new(), _claim: claim })
    }

    /// Name of the network, as `127.77.3.0/24`.
    pub fn name(&self) -> String {
        format!("127.{}.{}.0/24", self.a, self.b)
    }

    /// Address of the mesh itself.
    pub fn host(&self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.a, self.b, 1)
    }

    /// Address of the ingress gateway.
    pub fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.a, self.b, 2)
    }

    /// Allocates the address that has been free for the longest time.
    ///
    /// # Errors
    /// If every address is in use.
    pub fn allocate(&mut self, name: &str) -> Result<Ipv4Addr, Error> {
        for _ in FIRST_POD..=LAST_POD {
            let host = self.next;
            self.next = if host == LAST_POD { FIRST_POD } else { host + 1 };
            if let Entry::Vacant(free) = self.used.entry(host) {
                free.insert(name.to_owned());
                return Ok(Ipv4Addr::new(127, self.a, self.b, host));
            }
        }
        Err(Error::Full(self.a, self.b))
    }

    /// True if a running or terminating pod has this name.
    pub fn has_pod(&self, name: &str) -> bool {
        self.used.values().any(|other| other == name)
    }

    /// Addresses in use, for [`Network::restore`].
    pub fn in_use(&self) -> BTreeSet<u8> {
        self.used.keys().copied().collect()
    }

    /// Releases every address allocated since `before`.
    pub fn restore(&mut self, before: &BTreeSet<u8>) {
        self.used.retain(|host, _| before.contains(host));
    }

    /// Releases the address of a pod that has exited.
    pub fn release(&mut self, address: Ipv4Addr) {
        self.used.remove(&address.octets()[3]);
    }
}

/// A port of 127.0.0.1 reserved for the gateway's Envoy. The socket is bound but does not listen. Envoy runs as the
/// same user and binds with `SO_REUSEPORT`.
#[derive(Debug)]
pub struct PagePort {
    /// The port.
    pub port: u16,
    _reserved: TcpSocket,
}

impl PagePort {
    /// Reserves the `requested` port. Without a request: 8080, or any free port.
    ///
    /// # Errors
    /// If the requested port is in use, or no port is free.
    pub fn take(requested: Option<u16>) -> Result<Self, Error> {
        match requested {
            Some(port) => Self::reserve(port).map_err(|source| Error::Page { port, source }),
            None => Self::reserve(GATEWAY_PORT)
                .or_else(|_| Self::reserve(0))
                .map_err(|source| Error::Page { port: 0, source }),
        }
    }

    fn reserve(port: u16) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // Bind without SO_REUSEPORT first, to fail if another mesh of this user has reserved the port.
        socket.bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into())?;
        socket.set_reuseport(true)?;
        Ok(Self { port: socket.local_addr()?.port(), _reserved: socket })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserves_different_networks_for_two_runs() {
        let (first, second) = (Network::take().unwrap(), Network::take().unwrap());
        assert_ne!(first.name(), second.name());
        assert!(Network::reserve(first.a, first.b).is_err());
    }

    #[test]
    fn reuses_an_address_only_after_all_others() {
        let mut network = Network::take().unwrap();
        let first = network.allocate("a").unwrap();
        assert!(network.has_pod("a"));
        network.release(first);
        assert!(!network.has_pod("a"));
        for _ in 1..=LAST_POD - FIRST_POD {
            assert_ne!(network.allocate("b").unwrap(), first);
        }
        assert_eq!(network.allocate("b").unwrap(), first);
        assert!(matches!(network.allocate("b"), Err(Error::Full(..))));
    }

    #[tokio::test]
    async fn reserved_page_port_is_closed_to_others_and_open_to_envoy() {
        let kept = PagePort::take(None).unwrap();
        let address = std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, kept.port));
        assert!(PagePort::take(Some(kept.port)).is_err());
        assert!(TcpListener::bind(address).is_err());
        let envoy = TcpSocket::new_v4().unwrap();
        envoy.set_reuseport(true).unwrap();
        envoy.bind(address).unwrap();
        let listener = envoy.listen(16).unwrap();
        let client = tokio::net::TcpStream::connect(address).await.unwrap();
        let (_accepted, from) = listener.accept().await.unwrap();
        assert_eq!(client.local_addr().unwrap(), from);
        assert!(PagePort::take(Some(kept.port)).is_err());
    }
}
