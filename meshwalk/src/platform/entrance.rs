//! Where requests of a lab enter the mesh.

/// The sender of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Entrance {
    /// From outside of the mesh, through the ingress gateway.
    Gateway,
    /// The frontend's application itself, which calls the backend through its sidecar.
    Frontend,
    /// An application without a sidecar.
    Outsider,
    /// An application in the mesh with a service account that nobody expects.
    Stranger,
}

impl Entrance {
    /// The word that a lab uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Frontend => "frontend",
            Self::Outsider => "outsider",
            Self::Stranger => "stranger",
        }
    }
}
