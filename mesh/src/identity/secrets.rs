//! SDS files with certificates, replaced by rename.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::authority::Svid;

/// Name of the secret with a workload's own certificate, as in Istio.
pub const OWN: &str = "default";

/// SDS response with a workload's certificate and key. Both are inline in one file, so they change atomically.
pub fn own_certificate(svid: &Svid) -> Value {
    response(json!({
        "name": OWN,
        "tls_certificate": {
            "certificate_chain": { "inline_string": svid.chain_pem },
            "private_key": { "inline_string": svid.key_pem },
        },
    }))
}

fn response(mut secret: Value) -> Value {
    secret["@type"] = json!("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret");
    json!({ "resources": [secret] })
}

/// Error of writing a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub struct WriteError {
    /// Path of the file.
    pub path: PathBuf,
    /// Reason of the operating system.
    pub source: io::Error,
}

/// Replaces a file by rename, readable only by this user. Readers see the old or the new content, and Envoy's watch is
/// notified.
///
/// # Errors
/// If the folder is missing or the disk is full.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    let failed = |source| WriteError { path: path.to_owned(), source };
    // The leading dot keeps the temporary file out of watch patterns.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    drop(file);
    fs::rename(&beside, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn replaced_file_is_private_and_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sds.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
