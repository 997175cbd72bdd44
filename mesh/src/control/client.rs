//! How the other commands speak with a running mesh.

mod error;

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    ending::Ending,
    types::{ApplyError, Change, Files, ProxyFiles, Restart, Scale, Snapshot, Status, Trace, TraceSummary},
    unix_http,
};
pub use error::Error;

use crate::run_folder::{self, running};

/// A change waits for every proxy and, where Deployments changed, for new pods.
const CHANGE_DEADLINE: Duration = Duration::from_secs(120);
/// Everything else is answered from memory.
const QUESTION_DEADLINE: Duration = Duration::from_secs(10);
/// A mesh that ends lets requests in flight finish, and waits for each of its programs.
const END_DEADLINE: Duration = Duration::from_secs(45);

/// A running mesh, from outside.
#[derive(Debug, Clone)]
pub struct Client {
    name: String,
    socket: PathBuf,
}

impl Client {
    /// The mesh of that name; it need not run yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), socket: run_folder::path_of(name).join(run_folder::CONTROL_SOCKET) }
    }

    /// The mesh's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What runs, and where.
    ///
    /// # Errors
    /// If the mesh does not run or does not answer.
    pub async fn status(&self) -> Result<Status, Error> {
        self.ask("/status").await
    }

    /// Applies files, and returns when every proxy has taken them. Relative paths are the caller's.
    ///
    /// # Errors
    /// If the files are wrong or an Envoy refuses them: then nothing has changed.
    pub async fn apply(&self, paths: &[PathBuf]) -> Result<Change, Error> {
        self.apply_files(Files { paths: paths.to_vec(), standard_input: None }).await
    }

    /// Deletes the resources that the files name.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn delete(&self, paths: &[PathBuf]) -> Result<Change, Error> {
        self.delete_files(Files { paths: paths.to_vec(), standard_input: None }).await
    }

    /// Applies files, of which standard input may be one.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn apply_files(&self, files: Files) -> Result<Change, Error> {
        self.change(Method::POST, "/apply", &Files { paths: absolute(&files.paths)?, ..files }).await
    }

    /// Deletes the resources that files name, of which standard input may be one.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn delete_files(&self, files: Files) -> Result<Change, Error> {
        self.change(Method::POST, "/delete", &Files { paths: absolute(&files.paths)?, ..files }).await
    }

    /// Replaces the pods of Deployments by new ones, and returns when the old ones are gone.
    ///
    /// # Errors
    /// If there is no such Deployment, or a new pod does not come up: then nothing has changed.
    pub async fn restart(&self, deployments: &[String]) -> Result<Change, Error> {
        self.change(Method::POST, "/restart", &Restart { deployments: deployments.to_vec() }).await
    }

    /// Gives a Deployment so many pods, and returns when new ones are ready and those that went are gone.
    ///
    /// # Errors
    /// As [`Client::restart`].
    pub async fn scale(&self, deployment: &str, replicas: u32) -> Result<Change, Error> {
        self.change(Method::POST, "/scale", &Scale { deployment: deployment.to_owned(), replicas }).await
    }

    /// Every document in force.
    ///
    /// # Errors
    /// If the mesh does not run or does not answer.
    pub async fn resources(&self) -> Result<Snapshot, Error> {
        self.ask("/resources").await
    }

    /// Puts a snapshot back: afterwards exactly its documents are in force.
    ///
    /// # Errors
    /// As [`Client::apply`].
    pub async fn put_resources(&self, snapshot: &Snapshot) -> Result<Change, Error> {
        self.change(Method::PUT, "/resources", snapshot).await
    }

    /// The configuration files of every proxy of a workload, or of the one pod of that name.
    ///
    /// # Errors
    /// If there is no such workload.
    pub async fn config(&self, workload: &str) -> Result<Vec<ProxyFiles>, Error> {
        self.ask(&format!("/config/{}", segment(workload))).await
    }

    /// A trace, as far as its spans have come in, by its id or the beginning of it.
    ///
    /// # Errors
    /// If no span of it is there, or if several traces' ids begin so.
    pub async fn trace(&self, id: &str) -> Result<Trace, Error> {
        self.ask(&format!("/traces/{}", segment(id))).await
    }

    /// The most recent traces, the newest first.
    ///
    /// # Errors
    /// If the mesh does not run or does not answer.
    pub async fn traces(&self, limit: usize) -> Result<Vec<TraceSummary>, Error> {
        self.ask(&format!("/traces?limit={limit}")).await
    }

    /// Stops the mesh; returns when its process has ended, so that another one can take its name at once.
    ///
    /// # Errors
    /// If it does not run, or is still there after the deadline.
    pub async fn down(&self) -> Result<(), Error> {
        let ending = Ending::of(&self.name);
        let _: serde_json::Value = self.send(Method::POST, "/down", Bytes::new(), QUESTION_DEADLINE).await?;
        let late = |_| Error::StillThere { name: self.name.clone(), seconds: END_DEADLINE.as_secs() };
        tokio::time::timeout(END_DEADLINE, ending.wait()).await.map_err(late)
    }

    async fn ask<T: DeserializeOwned>(&self, target: &str) -> Result<T, Error> {
        self.send(Method::GET, target, Bytes::new(), QUESTION_DEADLINE).await
    }

    async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(body).map_err(|error| self.foreign(&error))?;
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
                if source.is_nobody_there() {
                    Error::NotRunning { name: self.name.clone(), running: running::names() }
                } else {
                    Error::Transport { name: self.name.clone(), source }
                }
            })?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|error| self.foreign(&error));
        }
        match serde_json::from_slice::<ApplyError>(&body) {
            Ok(refusal) => Err(refusal.into()),
            Err(error) => Err(self.foreign(&format!("{status}, {error}"))),
        }
    }

    fn foreign(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::Foreign { name: self.name.clone(), reason: reason.to_string() }
    }
}

fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let absolute = |path: &PathBuf| path.canonicalize().map_err(|source| Error::Path { path: path.clone(), source });
    paths.iter().map(absolute).collect()
}

/// A path segment as RFC 3986 wants it: everything but unreserved characters is escaped.
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
