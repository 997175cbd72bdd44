//! Short names of the cases for parts of the workload, and their full names.

/// Namespace in the cases. Another namespace replaces it everywhere, also within longer names.
pub const NAMESPACE: &str = "conformance";

/// Returns the identity for a short name: a client's account, or the gateway's.
#[must_use]
pub fn identity(name: &str, namespace: &str) -> Option<String> {
    let (namespace, account) = match name {
        "none" => return None,
        "gateway" => ("istio-system".to_owned(), "istio-ingressgateway-service-account"),
        "visitor" => (format!("{namespace}-other"), name),
        _ => (namespace.to_owned(), name),
    };
    Some(format!("spiffe://cluster.local/ns/{namespace}/sa/{account}"))
}

/// Moves a text of the cases to another namespace, also where the text has it in capitals.
#[must_use]
pub fn in_namespace(text: &str, namespace: &str) -> String {
    renamed(text, NAMESPACE, namespace)
}

/// Moves an observation from another namespace to that of the cases.
#[must_use]
pub fn in_cases_own(text: &str, namespace: &str) -> String {
    renamed(text, namespace, NAMESPACE)
}

fn renamed(text: &str, from: &str, to: &str) -> String {
    text.replace(from, to).replace(&from.to_ascii_uppercase(), &to.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_namespace_takes_the_place_of_the_cases_own() {
        assert_eq!(in_namespace("a.conformance-other ECHO.CONFORMANCE", "mine"), "a.mine-other ECHO.MINE");
        assert_eq!(in_cases_own("a.mine-other ECHO.MINE", "mine"), "a.conformance-other ECHO.CONFORMANCE");
    }

    #[test]
    fn short_names_stand_for_identities() {
        assert_eq!(identity("client", "c").as_deref(), Some("spiffe://cluster.local/ns/c/sa/client"));
        assert_eq!(identity("visitor", "c").as_deref(), Some("spiffe://cluster.local/ns/c-other/sa/visitor"));
        assert_eq!(identity("none", "c"), None);
    }
}
