//! The token that the control port may ask for: `Authorization: Bearer TOKEN` (RFC 6750).

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 4096;

/// Challenge for a request without a token, and for one with a wrong token (RFC 6750 section 3).
const CHALLENGE: &str = "Bearer realm=\"meshwalk faults\"";
const WRONG_TOKEN: &str = "Bearer realm=\"meshwalk faults\", error=\"invalid_token\"";

/// A file that holds the token of the control port. It is read again for each request, because Kubernetes replaces the
/// files of a mounted Secret while the process runs.
#[derive(Debug, Clone)]
pub struct TokenFile(PathBuf);

/// Why a file gives no token. No text shows what is in the file.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read.
    #[error("the token file {} cannot be read: {source}; mount the Secret there, or correct the path", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is empty, or holds something that no header can bring.
    #[error("the token file {} {what}; write one line of letters, digits and -._~+/=", .path.display())]
    NoToken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl TokenFile {
    /// A file that holds a token now.
    ///
    /// # Errors
    /// The file cannot be read, or has no token.
    pub fn new(path: &Path) -> Result<Self, TokenError> {
        let file = Self(path.to_owned());
        file.read().map(|_| file)
    }

    fn read(&self) -> Result<String, TokenError> {
        let text = self.text().map_err(|source| TokenError::Unreadable { path: self.0.clone(), source })?;
        // An editor ends a line with a newline, and `kubectl create secret --from-file` keeps it.
        let token = text.trim_ascii();
        let wrong = |what: String| TokenError::NoToken { path: self.0.clone(), what };
        if text.len() as u64 > MAX_FILE {
            return Err(wrong(format!("has more than {MAX_FILE} bytes")));
        }
        if token.is_empty() {
            return Err(wrong("is empty".into()));
        }
        let ordinary = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
        match token.iter().position(|byte| !ordinary(byte)) {
            Some(at) => Err(wrong(format!("has a character at byte {} that no token has", at + 1))),
            None => Ok(String::from_utf8_lossy(token).into_owned()),
        }
    }

    fn text(&self) -> io::Result<Vec<u8>> {
        if !std::fs::metadata(&self.0)?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let mut text = Vec::new();
        File::open(&self.0)?.take(MAX_FILE + 1).read_to_end(&mut text)?;
        Ok(text)
    }
}

/// Lets requests through that bring the token, or all of them where none is asked for.
pub(super) async fn only_with_token(State(file): State<Option<TokenFile>>, request: Request, next: Next) -> Response {
    let Some(file) = file else { return next.run(request).await };
    let token = tokio::task::spawn_blocking(move || file.read()).await;
    let token = match token.map_err(io::Error::other) {
        Ok(Ok(token)) => token,
        // Who took the file away did not mean to open the port.
        Ok(Err(error)) => return unusable(&error.to_string()),
        Err(error) => return unusable(&error.to_string()),
    };
    match bearer(request.headers()) {
        None => refuse(CHALLENGE, "a token is asked for"),
        Some(brought) if !same(brought.as_bytes(), token.as_bytes()) => refuse(WRONG_TOKEN, "this is not the token"),
        Some(_) => next.run(request).await,
    }
}

/// The token of a request. The scheme's name is written in any case (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Compares in a time that depends on the length of what was brought alone, so that the time tells nothing of how much of
/// a guess is right.
fn same(brought: &[u8], token: &[u8]) -> bool {
    let mut different = brought.len() ^ token.len();
    for (position, byte) in brought.iter().enumerate() {
        // A token is never empty; the second operand only keeps the index within it.
        different |= usize::from(byte ^ token[position % token.len()]);
        different = std::hint::black_box(different);
    }
    different == 0
}

fn refuse(challenge: &'static str, what: &str) -> Response {
    tracing::warn!(reason = what, "control request refused");
    let text = format!("{what}; send `Authorization: Bearer` and what is in the file of --control-token-file\n");
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], text).into_response()
}

fn unusable(why: &str) -> Response {
    tracing::error!(reason = why, "control requests cannot be checked, and are refused");
    (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
}

#[cfg(test)]
mod tests;
