//! The kinds, as far as they are translated: every field here changes what a proxy or a process gets.

macro_rules! placeholder {
    ($($kind:ident),*) => {$(
        #[allow(missing_docs)]
        #[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $kind {}
    )*};
}
placeholder!(
    Namespace,
    ServiceAccount,
    Service,
    Deployment,
    Gateway,
    VirtualService,
    DestinationRule,
    PeerAuthentication,
    AuthorizationPolicy
);
