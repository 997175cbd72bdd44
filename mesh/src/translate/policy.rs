use crate::kinds::{ClientTls, ConnectionPool, DestinationRule, LoadBalancer, OutlierDetection, TrafficPolicy};

/// The traffic policy in force for one port of a service or subset.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policy<'a> {
    pub(crate) load_balancer: Option<&'a LoadBalancer>,
    pub(crate) connection_pool: Option<&'a ConnectionPool>,
    pub(crate) outlier_detection: Option<&'a OutlierDetection>,
    pub(crate) tls: Option<&'a ClientTls>,
}

impl<'a> Policy<'a> {
    /// What a rule says for a port, and for a subset if one is named.
    pub(crate) fn of(rule: Option<&'a DestinationRule>, subset: &str, port: u16) -> Self {
        let Some(rule) = rule else { return Self::default() };
        let subset = rule.subsets.iter().find(|candidate| candidate.name == subset);
        [rule.traffic_policy.as_ref(), subset.and_then(|subset| subset.traffic_policy.as_ref())]
            .into_iter()
            .flatten()
            .fold(Self::default(), |wider, policy| wider.narrowed(policy, port))
    }

    /// A narrower policy replaces what it names, whole. Settings of the port replace everything: what they do not
    /// name has its default, not the wider policy's value (so Istio's reference says).
    fn narrowed(self, policy: &'a TrafficPolicy, port: u16) -> Self {
        if let Some(setting) = policy.port_level_settings.iter().find(|setting| setting.port.number == port) {
            return Self {
                load_balancer: setting.load_balancer.as_ref(),
                connection_pool: setting.connection_pool.as_ref(),
                outlier_detection: setting.outlier_detection.as_ref(),
                tls: setting.tls.as_ref(),
            };
        }
        Self {
            load_balancer: policy.load_balancer.as_ref().or(self.load_balancer),
            connection_pool: policy.connection_pool.as_ref().or(self.connection_pool),
            outlier_detection: policy.outlier_detection.as_ref().or(self.outlier_detection),
            tls: policy.tls.as_ref().or(self.tls),
        }
    }
}
