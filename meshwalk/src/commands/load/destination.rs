//! Where the URL, the socket and the host lead.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use http::Uri;
use tokio::net::TcpStream;

use crate::{cli::WrongInput, traffic::Address};

/// How long an address of several may take to connect before the next one is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Content of requests in addition to the URL, for every command that sends some.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct Flags {
    /// A header to send, as NAME:VALUE; repeatable.
    #[arg(long, short = 'H', value_name = "NAME:VALUE", value_parser = header)]
    pub(in crate::commands) header: Vec<(String, String)>,
    /// The Host header, if it is not the URL's host.
    #[arg(long)]
    pub(in crate::commands) host: Option<String>,
    /// Connect to this Unix socket instead of the URL's host.
    #[arg(long, value_name = "PATH")]
    pub(in crate::commands) unix: Option<PathBuf>,
}

/// Where requests go, and what they ask for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::commands) struct Destination {
    pub(in crate::commands) address: Address,
    pub(in crate::commands) authority: String,
    pub(in crate::commands) path: String,
    /// The name that the server's certificate must have, for `https`.
    pub(in crate::commands) tls_name: Option<String>,
}

/// What a URL says.
#[derive(Debug, PartialEq, Eq)]
struct Location {
    is_tls: bool,
    host: String,
    port: u16,
    authority: String,
    path: String,
}

/// Resolves the URL, unless a socket takes the place of its host.
pub(in crate::commands) async fn find(
    url: &str,
    unix: Option<&Path>,
    host: Option<&str>,
) -> Result<Destination, WrongInput> {
    let location = locate(url, unix.is_some())?;
    let address = match unix {
        Some(path) => Address::Unix(path.to_owned()),
        None => Address::Tcp(resolve(&location).await?),
    };
    let tls_name = location.is_tls.then_some(location.host);
    Ok(Destination {
        address,
        authority: host.map_or(location.authority, str::to_owned),
        path: location.path,
        tls_name,
    })
}

/// Splits a header into its name and its value.
fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.trim().to_owned())),
        _ => Err(format!("invalid header {text:?}: NAME:VALUE is needed, such as x-canary:true")),
    }
}

fn locate(url: &str, has_socket: bool) -> Result<Location, WrongInput> {
    let wrong = |why: &str| WrongInput(format!("URL {url:?}: {why}"));
    // Without a scheme it is http, as for curl; a path alone is only meant where a socket takes the host's place.
    let is_path = url.is_empty() || url.starts_with('/');
    let has_scheme = url.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()));
    let whole = if has_scheme || is_path { url.to_owned() } else { format!("http://{url}") };
    let uri: Uri = whole.parse().map_err(|error| wrong(&format!("{error}; [http://]HOST[:PORT][/PATH] is needed")))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let path = if path.is_empty() { "/" } else { path }.to_owned();
    if uri.scheme().is_none() && uri.authority().is_none() && has_socket {
        let (host, authority) = (String::new(), "localhost".to_owned());
        return Ok(Location { is_tls: false, host, port: 0, authority, path });
    }
    let is_tls = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err(wrong("[http://|https://]HOST[:PORT][/PATH] is needed")),
    };
    let authority = uri.authority().filter(|authority| !authority.host().is_empty());
    let authority = authority.ok_or_else(|| wrong("it names no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("a user name is not sent; use --header authorization:…"));
    }
    // The URL's own grammar drops a port that is out of range; it must not pass for a missing one.
    let after_host = authority.as_str().get(authority.host().len()..).unwrap_or_default();
    let port = match (authority.port_u16(), after_host) {
        (Some(port @ 1..), _) => port,
        (None, "" | ":") => {
            if is_tls {
                443
            } else {
                80
            }
        }
        _ => return Err(wrong("a port is a number from 1 to 65535")),
    };
    Ok(Location {
        is_tls,
        host: authority.host().trim_matches(['[', ']']).to_owned(),
        port,
        authority: authority.as_str().to_owned(),
        path,
    })
}

/// The first of the host's addresses that accepts a connection; the first of all if none does, so that the run shows
/// how it refuses.
async fn resolve(location: &Location) -> Result<SocketAddr, WrongInput> {
    let Location { host, port, .. } = location;
    let addresses: Vec<SocketAddr> = if host == "localhost" || host.ends_with(".localhost") {
        // These names are the loopback interface by definition (RFC 6761, 6.3), and not every resolver knows it.
        vec![([127, 0, 0, 1], *port).into(), ([0, 0, 0, 0, 0, 0, 0, 1_u16], *port).into()]
    } else {
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        found.map_err(|error| WrongInput(format!("host {host:?} cannot be resolved: {error}")))?.collect()
    };
    if addresses.len() > 1 {
        for address in &addresses {
            if let Ok(Ok(_)) = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                return Ok(*address);
            }
        }
    }
    addresses.first().copied().ok_or_else(|| WrongInput(format!("host {host:?} has no address")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_to_and_what() {
        let location = locate("http://meshwalk.localhost:8080/api/hello?x=1", false).unwrap();
        assert_eq!((location.host.as_str(), location.port), ("meshwalk.localhost", 8080));
        assert_eq!(
            (location.authority.as_str(), location.path.as_str()),
            ("meshwalk.localhost:8080", "/api/hello?x=1")
        );
        let location = locate("http://[::1]", false).unwrap();
        assert_eq!((location.host.as_str(), location.port, location.path.as_str()), ("::1", 80, "/"));
        assert_eq!(locate("/api/hello", true).unwrap().authority, "localhost");
    }

    #[test]
    fn a_url_without_a_scheme_is_http_and_https_has_its_own_port() {
        for (url, host, port, path) in [
            ("localhost:8080", "localhost", 8080, "/"),
            ("meshwalk.localhost/api/hello?x=http://y", "meshwalk.localhost", 80, "/api/hello?x=http://y"),
            ("[::1]:81/", "::1", 81, "/"),
            ("127.0.0.1", "127.0.0.1", 80, "/"),
        ] {
            let found = locate(url, false).map(|l| (l.is_tls, l.host, l.port, l.path)).map_err(|e| e.to_string());
            assert_eq!(found, Ok((false, host.to_owned(), port, path.to_owned())), "{url}");
        }
        let location = locate("https://localhost/", false).unwrap();
        assert!(location.is_tls && location.port == 443);
    }

    #[test]
    fn a_wrong_url_is_named_with_what_would_be_right() {
        for (url, part) in [
            ("ftp://localhost", "[http://|https://]HOST"),
            ("/api/hello", "[http://|https://]HOST"),
            ("http://a b/", "[http://]HOST"),
            ("a b", "[http://]HOST"),
            ("http://me@localhost/", "user name"),
            ("", "[http://]HOST"),
            ("localhost:99999/", "from 1 to 65535"),
            ("http://localhost:99999/", "from 1 to 65535"),
            ("http://localhost:0/", "from 1 to 65535"),
        ] {
            let error = locate(url, false).unwrap_err().to_string();
            assert!(error.contains(&format!("{url:?}")) && error.contains(part), "{url}: {error}");
        }
    }

    #[test]
    fn a_header_has_a_name_and_a_value() {
        assert_eq!(header("x-canary: true"), Ok(("x-canary".to_owned(), "true".to_owned())));
        assert_eq!(header("x-url:a:b"), Ok(("x-url".to_owned(), "a:b".to_owned())));
        assert!(header("x-canary").unwrap_err().contains("\"x-canary\""));
        assert!(header(":x").is_err());
    }

    #[tokio::test]
    async fn names_under_localhost_lead_to_the_address_that_listens() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://meshwalk.localhost:{}/", address.port());
        let found = find(&url, None, Some("other")).await.unwrap();
        assert_eq!((found.address, found.authority.as_str()), (Address::Tcp(address), "other"));
    }
}
