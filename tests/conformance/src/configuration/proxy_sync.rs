//! Waits until a mesh's proxies have loaded a configuration. On a cluster, a change arrives kind by kind and proxy by
//! proxy, and no event marks its end.

use std::time::{Duration, Instant};

use super::{ConfigDifferences, Fields, Proxy, compare};
use crate::intended_differences::IntendedDifferences;

/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Reads the fields of a mesh until they have only intended differences from the other mesh's, or until a deadline.
/// Returns the last fields and their differences.
///
/// # Errors
/// Fails if a proxy cannot be reached.
pub async fn arrived(
    mut read: impl AsyncFnMut() -> anyhow::Result<Fields>,
    other: &Fields,
    intended: &IntendedDifferences,
    patience: Duration,
) -> anyhow::Result<(Fields, ConfigDifferences)> {
    let end = Instant::now() + patience;
    loop {
        let fields = read().await?;
        let parted = compare([other, &fields], intended);
        if parted.unintended.is_empty() || Instant::now() > end {
            return Ok((fields, parted));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns true if a proxy has a route or a policy of `configuration.yaml`, by their names.
#[must_use]
pub fn has_taken(fields: &Fields, proxy: Proxy) -> bool {
    let own = fields.iter().filter(|(path, _)| path.split('.').next() == Some(proxy.word()));
    own.into_iter().any(|(path, value)| path.contains("policy[configuration]") || value == "configuration.exact")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(timeout: &str) -> Fields {
        Fields::from([("client.clusters.a.connect_timeout".to_owned(), timeout.to_owned())])
    }

    #[tokio::test]
    async fn parts_that_come_later_are_waited_for() {
        let mut looks = [Fields::new(), fields("1s"), fields("3s")].into_iter();
        let read = async || Ok(looks.next().unwrap());
        let (last, parted) =
            arrived(read, &fields("3s"), &IntendedDifferences::default(), Duration::from_secs(60)).await.unwrap();
        assert_eq!((last, parted.unintended, parted.compared), (fields("3s"), Vec::new(), 1));
    }

    #[tokio::test]
    async fn what_has_not_come_when_patience_ends_is_a_difference() {
        let read = async || Ok(fields("4s"));
        let (last, parted) =
            arrived(read, &fields("3s"), &IntendedDifferences::default(), Duration::ZERO).await.unwrap();
        let of_both = ["3s", "4s"].map(str::to_owned);
        assert_eq!(parted.unintended, [("client.clusters.a.connect_timeout".to_owned(), of_both)]);
        assert_eq!(last, fields("4s"));
    }

    #[test]
    fn a_proxy_has_taken_the_resources_when_a_name_of_theirs_is_in_its_fields() {
        let of = |path: &str, value: &str| Fields::from([(path.to_owned(), value.to_owned())]);
        assert!(has_taken(&of("client.hosts.echo.routes[0].name", "configuration.exact"), Proxy::Client));
        assert!(!has_taken(&of("gateway.hosts.echo.routes[0].name", "configuration.exact"), Proxy::Client));
        assert!(has_taken(
            &of("server.inbound.tls.rbac.ALLOW.ns[a]-policy[configuration]-rule[0]", "x"),
            Proxy::Server
        ));
        assert!(!has_taken(&of("client.hosts.echo.routes[0].name", "default"), Proxy::Client));
    }
}
