//! A run's network `127.A.B.0/24`, taken by a socket that the kernel closes however the run ends.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    io,
    net::{Ipv4Addr, SocketAddrV4, TcpListener},
};

use rand::RngExt;
use tokio::net::TcpSocket;

/// The port on `127.A.B.1` whose listening socket means that the network is taken.
const CLAIM_PORT: u16 = 15010;
/// Istio's ports for outbound capture and merged metrics, and OTLP over HTTP's.
pub const OUTBOUND_ANY: u16 = 15001;
/// Where merged metrics are read, on every pod's address: as Istio's agent does.
pub const METRICS_PORT: u16 = 15020;
/// Where spans are received (OpenTelemetry's port for OTLP over HTTP).
pub const COLLECTOR_PORT: u16 = 4318;
/// What server port 80 becomes: an ordinary user may not listen below 1024.
pub const GATEWAY_PORT: u16 = 8080;
/// The first host number for pods; .1 is the mesh itself, .2 the ingress gateway.
const FIRST_POD: u8 = 11;
const LAST_POD: u8 = 254;
const TRIES: usize = 64;

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Every try met a socket: most likely one on all addresses.
    #[error(
        "port {port} is taken on each of {TRIES} loopback networks, the last time at {address}: {source}; {who}",
        who = who_has(port)
    )]
    Taken {
        /// The port.
        port: u16,
        /// The last try.
        address: Ipv4Addr,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The asked for port of the page is taken.
    #[error("port {port} of 127.0.0.1 cannot be taken for the gateway: {source}; choose another one with --port")]
    Page {
        /// The port.
        port: u16,
        /// The operating system's reason.
        source: io::Error,
    },
    /// All addresses are in use.
    #[error("the network 127.{0}.{1}.0/24 has no address left: it holds {most} pods at once; ask for fewer replicas", most = LAST_POD - FIRST_POD + 1)]
    Full(u8, u8),
}

/// Who has a port that is taken on an address of the loopback network, and what to do about it.
pub(super) fn who_has(port: impl std::fmt::Display) -> String {
    format!(
        "most likely a program listens on 0.0.0.0:{port} (`ss -ltnp sport = :{port}` names it): stop it, or let it listen on 127.0.0.1 only"
    )
}

/// A network of the loopback interface that no other run has.
#[derive(Debug)]
pub struct Network {
    a: u8,
    b: u8,
    next: u8,
    /// The last part of each address in use, and the pod that has it, until that has ended.
    used: BTreeMap<u8, String>,
    // Held, not read: it is what other runs meet.
    _claim: TcpListener,
}

impl Network {
    /// Takes a free network. Ports that the mesh needs there must be free too.
    ///
    /// # Errors
    /// If a port is taken wherever it is tried.
    pub fn take() -> Result<Self, Error> {
        let mut random = rand::rng();
        let mut last = None;
        // By chance, not in order: processes of a run that was just killed may hold ports for some milliseconds.
        for _ in 0..TRIES {
            let (a, b) = (random.random_range(64..=126), random.random_range(0..=254));
            match Self::take_this(a, b) {
                Ok(network) => return Ok(network),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(Error::Full(127, 0)))
    }

    fn take_this(a: u8, b: u8) -> Result<Self, Error> {
        let bind = |address, port| {
            TcpListener::bind(SocketAddrV4::new(address, port)).map_err(|source| Error::Taken { port, address, source })
        };
        let claim = bind(Ipv4Addr::new(127, a, b, 1), CLAIM_PORT)?;
        for port in [GATEWAY_PORT, OUTBOUND_ANY, METRICS_PORT] {
            bind(Ipv4Addr::new(127, a, b, 2), port)?;
        }
        Ok(Self { a, b, next: FIRST_POD, used: BTreeMap::new(), _claim: claim })
    }

    /// As `127.77.3.0/24`.
    pub fn name(&self) -> String {
        format!("127.{}.{}.0/24", self.a, self.b)
    }

    /// The mesh's own address.
    pub fn host(&self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.a, self.b, 1)
    }

    /// The ingress gateway's address.
    pub fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(127, self.a, self.b, 2)
    }

    /// An address for a new pod: the one that was not in use for the longest time.
    ///
    /// # Errors
    /// If every address is in use.
    pub fn pod(&mut self, name: &str) -> Result<Ipv4Addr, Error> {
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

    /// Whether a pod of this name runs, or is on its way out and still has its folder.
    pub fn has(&self, name: &str) -> bool {
        self.used.values().any(|other| other == name)
    }

    /// Which addresses are in use, for [`Network::back_to`].
    pub fn in_use(&self) -> BTreeSet<u8> {
        self.used.keys().copied().collect()
    }

    /// Takes back every address that was given since `before`, from pods that were never started.
    pub fn back_to(&mut self, before: &BTreeSet<u8>) {
        self.used.retain(|host, _| before.contains(host));
    }

    /// A pod has ended; its address and its name may be given again.
    pub fn release(&mut self, address: Ipv4Addr) {
        self.used.remove(&address.octets()[3]);
    }
}

/// A port of 127.0.0.1 that is kept for the gateway's Envoy: bound but not listening, it keeps others away, and
/// Envoy, which binds with `SO_REUSEPORT` as the same user, gets in.
#[derive(Debug)]
pub struct PagePort {
    /// The port.
    pub port: u16,
    _reserved: TcpSocket,
}

impl PagePort {
    /// Takes `wished`, or 8080 if it is free, or any free one.
    ///
    /// # Errors
    /// If the wished port is taken, or none is free.
    pub fn take(wished: Option<u16>) -> Result<Self, Error> {
        match wished {
            Some(port) => Self::reserve(port).map_err(|source| Error::Page { port, source }),
            None => Self::reserve(GATEWAY_PORT)
                .or_else(|_| Self::reserve(0))
                .map_err(|source| Error::Page { port: 0, source }),
        }
    }

    fn reserve(port: u16) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // First without SO_REUSEPORT, so that a port which another mesh of this user keeps is not shared with it.
        socket.bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into())?;
        socket.set_reuseport(true)?;
        Ok(Self { port: socket.local_addr()?.port(), _reserved: socket })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_get_two_networks() {
        let (first, second) = (Network::take().unwrap(), Network::take().unwrap());
        assert_ne!(first.name(), second.name());
        assert!(Network::take_this(first.a, first.b).is_err());
    }

    #[test]
    fn an_address_comes_back_only_when_all_others_were_in_use() {
        let mut network = Network::take().unwrap();
        let first = network.pod("a").unwrap();
        assert!(network.has("a"));
        network.release(first);
        assert!(!network.has("a"));
        for _ in 1..=LAST_POD - FIRST_POD {
            assert_ne!(network.pod("b").unwrap(), first);
        }
        assert_eq!(network.pod("b").unwrap(), first);
        assert!(matches!(network.pod("b"), Err(Error::Full(..))));
    }

    #[tokio::test]
    async fn a_kept_page_port_is_closed_to_others_and_open_to_our_envoy() {
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
