//! The metric of open connections, by port and state.

use std::sync::Arc;

use metrics::{Gauge, gauge};

use super::ConnTable;
use crate::metric_names::CONNECTIONS;

/// Gauges of some ports. They are set when they are read, so that a request costs nothing for them.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionGauges(Arc<[PortGauges]>);

struct PortGauges {
    table: Arc<ConnTable>,
    active: Gauge,
    idle: Gauge,
}

impl ConnectionGauges {
    /// Gauges of these ports, by their names.
    pub(crate) fn new(ports: impl IntoIterator<Item = (&'static str, Arc<ConnTable>)>) -> Self {
        let gauges = |(port, table)| PortGauges {
            table,
            active: gauge!(CONNECTIONS, "port" => port, "state" => "active"),
            idle: gauge!(CONNECTIONS, "port" => port, "state" => "idle"),
        };
        Self(ports.into_iter().map(gauges).collect())
    }

    /// Sets the gauges to the current numbers.
    pub(crate) fn refresh(&self) {
        for PortGauges { table, active, idle } in &*self.0 {
            let count = table.count();
            active.set(count.active as f64);
            idle.set(count.idle as f64);
        }
    }
}

impl std::fmt::Debug for PortGauges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PortGauges").field("table", &self.table).finish_non_exhaustive()
    }
}
