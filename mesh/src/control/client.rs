//! Client of a running mesh's control API.

mod error;

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    mesh_process::MeshProcess,
    types::{ApplyError, Change, Files, ProxyFiles, Restart, Scale, Snapshot, Status, Trace, TraceSummary},
    unix_http,
};
pub use error::Error;

use crate::run_folder::{self, running_meshes};

/// Deadline of a change, which waits for every proxy and for new pods.
const CHANGE_DEADLINE: Duration = Duration::from_secs(120);
/// Deadline of a query, which the mesh answers from memory.
const QUERY_DEADLINE: Duration = Duration::from_secs(10);
/// Deadline of a shutdown: requests in flight finish and every process exits.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(45);

/// Client of one mesh.
#[derive(Debug, Clone)]
pub struct Client {
    name: String,
    socket: PathBuf,
}

impl Client {
    /// Client of the mesh `name`, which may start later.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), socket: run_folder::path_of(name).join(run_folder::CONTROL_SOCKET) }
    }

    /// The mesh's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Status of the mesh and its pods.
    ///
    /// # Errors
    /// If the mesh does not run or does not answer.
    pub async fn status(&self) -> Result<Status, Error> {
        self.ask("/status").await
    }

    /// Applies files and waits until every proxy has loaded them. Relative paths are resolved by the caller's working
    /// directory.
    ///
    /// # Errors
    /// If the files are invalid or Envoy rejects them. No changes are then applied.
    pub async fn apply(&self, paths: &[PathBuf]) -> Result<Change, Error> {
        self.apply_files(Files { paths: paths.to_vec(), standard_input: None }).await
    }

    /// Deletes the resources in the files.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn delete(&self, paths: &[PathBuf]) -> Result<Change, Error> {
        self.delete_files(Files { paths: paths.to_vec(), standard_input: None }).await
    }

    /// Applies files and standard input.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn apply_files(&self, files: Files) -> Result<Change, Error> {
        self.change(Method::POST, "/apply", &Files { paths: absolute(&files.paths)?, ..files }).await
    }

    /// Deletes the resources in files and standard input.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn delete_files(&self, files: Files) -> Result<Change, Error> {
        self.change(Method::POST, "/delete", &Files { paths: absolute(&files.paths)?, ..files }).await
    }

    /// Replaces the pods of Deployments and waits until the old pods have exited.
    ///
    /// # Errors
    /// If a Deployment does not exist or a new pod does not become ready. No changes are then applied.
    pub async fn restart(&self, deployments: &[String]) -> Result<Change, Error> {
        self.change(Method::POST, "/restart", &Restart { deployments: deployments.to_vec() }).await
    }

    /// Sets the number of pods of a Deployment. Waits until new pods are ready and removed pods have exited.
    ///
    /// # Errors
    /// As [`Client::restart`].
    pub async fn scale(&self, deployment: &str, replicas: u32) -> Result<Change, Error> {
        self.change(Method::POST, "/scale", &Scale { deployment: deployment.to_owned(), replicas }).await
    }

    /// All active resources.
    ///
    /// # Errors
    /// If the mesh does not run or does not answer.
    pub async fn resources(&self) -> Result<Snapshot, Error> {
        self.ask("/resources").await
    }

    /// Restores a snapshot: its documents become the only active resources.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn put_resources(&self, snapshot: &Snapshot) -> Result<Change, Error> {
        self.change(Method::PUT, "/resources", snapshot).await
    }

    /// Configuration files of one pod's proxy, or of every proxy of a workload.
    ///
    /// # Errors
    /// If the workload does not exist.
    pub async fn config(&self, workload: &str) -> Result<Vec<ProxyFiles>, Error> {
        self.ask(&format!("/config/{}", segment(workload))).await
    }

    /// Spans received so far of a trace, found by its ID or a prefix of the ID.
    ///
    /// # Errors
    /// If no span of the trace was received, or if several traces match the prefix.
    pub async fn trace(&self, id: &str) -> Result<Trace, Error> {
        self.ask(&format!("/traces/{}", segment(id))).await
    }

    /// Summaries of the most recent traces, newest first.
    ///
    /// # Errors
    /// If the mesh does not run or does not answer.
    pub async fn traces(&self, limit: usize) -> Result<Vec<TraceSummary>, Error> {
        self.ask(&format!("/traces?limit={limit}")).await
    }

    /// Stops the mesh and waits until its process has exited.
    ///
    /// # Errors
    /// If the mesh does not run, or is still running after the deadline.
    pub async fn down(&self) -> Result<(), Error> {
        let process = MeshProcess::from_mesh_name(&self.name);
        let _: serde_json::Value = self.send(Method::POST, "/down", Bytes::new(), QUERY_DEADLINE).await?;
        let late = |_| Error::ShutdownTimeout { name: self.name.clone(), seconds: SHUTDOWN_DEADLINE.as_secs() };
        tokio::time::timeout(SHUTDOWN_DEADLINE, process.wait_until_exited()).await.map_err(late)
    }

    async fn ask<T: DeserializeOwned>(&self, target: &str) -> Result<T, Error> {
        self.send(Method::GET, target, Bytes::new(), QUERY_DEADLINE).await
    }

    async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|error| self.incompatible(&error))?;
        self.send(method, target, body.into(), CHANGE_DEADLINE).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<T, Error> {
        let (status, body) =
            unix_http::request(&self.socket, method, target, body, deadline).await.map_err(|source| {
                if source.is_not_listening() {
                    Error::NotRunning { name: self.name.clone(), running: running_meshes() }
                } else {
                    Error::Transport { name: self.name.clone(), source }
                }
            })?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|error| self.incompatible(&error));
        }
        match serde_json::from_slice::<ApplyError>(&body) {
            Ok(apply_error) => Err(apply_error.into()),
            Err(error) => Err(self.incompatible(&format!("{status}, {error}"))),
        }
    }

    fn incompatible(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::IncompatibleVersion { name: self.name.clone(), reason: reason.to_string() }
    }
}

fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let absolute = |path: &PathBuf| path.canonicalize().map_err(|source| Error::Path { path: path.clone(), source });
    paths.iter().map(absolute).collect()
}

/// Escapes everything but the unreserved characters of RFC 3986.
fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
