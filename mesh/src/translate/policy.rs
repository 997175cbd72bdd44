use crate::kinds::{ClientTls, ConnectionPool, DestinationRule, LoadBalancer, OutlierDetection, TrafficPolicy};

/// Traffic policy that applies to one port of a service or subset.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EffectivePolicy<'a> {
    pub(crate) load_balancer: Option<&'a LoadBalancer>,
    pub(crate) connection_pool: Option<&'a ConnectionPool>,
    pub(crate) outlier_detection: Option<&'a OutlierDetection>,
    pub(crate) tls: Option<&'a ClientTls>,
}

impl<'a> EffectivePolicy<'a> {
    /// Traffic policy of a rule for a port, and for a subset if one is named.
    pub(crate) fn for_port(rule: Option<&'a DestinationRule>, subset: &str, port: u16) -> Self {
        let Some(rule) = rule else { return Self::default() };
        let subset = rule.subsets.iter().find(|candidate| candidate.name == subset);
        [rule.traffic_policy.as_ref(), subset.and_then(|subset| subset.traffic_policy.as_ref())]
            .into_iter()
            .flatten()
            .fold(Self::default(), |wider, policy| wider.merge(policy, port))
    }

    /// Merges a narrower policy, which replaces whole settings. A port's settings replace all of them, as in Istio.
    fn merge(self, policy: &'a TrafficPolicy, port: u16) -> Self {
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
