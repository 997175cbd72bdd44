//! Places at which requests of a lab enter the mesh.

/// Sender of a lab's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Entrance {
    /// A client outside the mesh, through the ingress gateway.
    Gateway,
    /// The frontend application, which calls the backend through its sidecar.
    Frontend,
    /// An application without a sidecar.
    Outsider,
    /// An application in the mesh with an unauthorized service account.
    Unauthorized,
}

impl Entrance {
    /// Returns the name used in labs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Frontend => "frontend",
            Self::Outsider => "outsider",
            Self::Unauthorized => "unauthorized",
        }
    }
}
