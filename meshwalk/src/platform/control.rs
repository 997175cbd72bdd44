//! Client for the control port of an application, which lists and changes its fault rules.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;

use super::{FaultRule, PlatformError};
use crate::traffic::{self, Address};

/// Time limit for a response of a control port or a proxy's admin port, which allows for a slow port-forward.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bearer token for control ports that require one (`--control-token-file`).
#[derive(Clone)]
pub struct Token {
    file: PathBuf,
    value: HeaderValue,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token in {}", self.file.display())
    }
}

impl Token {
    /// Reads the token from a file that contains only the token and white space.
    ///
    /// # Errors
    /// Returns a message with the file's name if the file cannot be read or contains no token.
    pub fn read(file: &Path) -> Result<Self, String> {
        let location = file.display();
        let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {location}: {error}"))?;
        let token = text.trim();
        let wrong = |what: &str| format!("{location} {what}; it holds the token that the applications were given");
        if token.is_empty() {
            return Err(wrong("is empty"));
        }
        if !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err(wrong("holds more than one word of printable characters"));
        }
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| wrong("holds no token"))?;
        value.set_sensitive(true);
        Ok(Self { file: file.to_owned(), value })
    }
}

/// Address and token of one instance's control port.
#[derive(Debug)]
pub(super) struct Control<'a> {
    /// Name of the instance.
    pub instance: &'a str,
    /// Address of the control port.
    pub address: Address,
    /// Token to send, or `None` if the port requires none.
    pub token: Option<&'a Token>,
}

/// Change to the active rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultChange<'a> {
    /// Adds these rules, one per line: all of them or none.
    Add(&'a str),
    /// Replaces the active rules by these, or changes nothing on error. Without a rule, all are removed.
    Replace(&'a str),
    /// Removes the rule with this ID.
    Remove(&'a str),
    /// Removes every rule.
    Clear,
}

impl FaultChange<'_> {
    fn parts(&self) -> (Method, String, &str) {
        match self {
            Self::Add(rules) => (Method::POST, "/faults".to_owned(), rules),
            Self::Replace(rules) if !rules.trim().is_empty() => (Method::PUT, "/faults".to_owned(), rules),
            Self::Replace(_) | Self::Clear => (Method::DELETE, "/faults".to_owned(), ""),
            Self::Remove(id) => (Method::DELETE, format!("/faults/{id}"), ""),
        }
    }
}

impl Control<'_> {
    /// Returns the active rules.
    pub(super) async fn rules(&self) -> Result<Vec<FaultRule>, PlatformError> {
        #[derive(serde::Deserialize)]
        struct Listing {
            rules: Vec<FaultRule>,
        }
        let what = format!("asking {} for its faults", self.instance);
        let answer = self.ask(&what, Method::GET, "/faults", "").await?;
        super::parsed::<Listing>(&what, &answer).map(|listing| listing.rules)
    }

    /// Changes the rules, and returns those that were added.
    pub(super) async fn change(&self, change: FaultChange<'_>) -> Result<Vec<FaultRule>, PlatformError> {
        let what = match change {
            FaultChange::Add(_) | FaultChange::Replace(_) => format!("setting the faults of {}", self.instance),
            FaultChange::Remove(id) => format!("removing the fault {id} from {}", self.instance),
            FaultChange::Clear => format!("removing the faults of {}", self.instance),
        };
        let (method, path, body) = change.parts();
        let comes = method != Method::DELETE;
        let answer = self.ask(&what, method, &path, body).await?;
        if comes { super::parsed(&what, &answer) } else { Ok(Vec::new()) }
    }

    /// Returns the equivalent command.
    pub(super) fn command(&self, change: FaultChange<'_>) -> String {
        let (method, path, body) = change.parts();
        let way = match &self.address {
            Address::Unix(socket) => format!("curl --unix-socket {} http://localhost{path}", socket.display()),
            Address::Tcp(address) => format!("curl http://{address}{path}"),
        };
        let token = self.token.map(|token| format!(" -H \"Authorization: Bearer $(cat {})\"", token.file.display()));
        let verb = if method == Method::POST { String::new() } else { format!(" -X {method}") };
        let quoted = body.trim().replace('\'', r"'\''");
        let data = if quoted.is_empty() { String::new() } else { format!(" --data-binary '{quoted}'") };
        format!("{way}{}{verb}{data}", token.unwrap_or_default())
    }

    async fn ask(&self, what: &str, method: Method, path: &str, body: &str) -> Result<String, PlatformError> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if let Some(token) = self.token {
            request = request.header(header::AUTHORIZATION, &token.value);
        }
        let request =
            request.body(Full::from(body.to_owned())).map_err(|e| PlatformError::failed(what, e.to_string()))?;
        let failed = |failure| PlatformError::failed(what, format!("{}: {failure}", self.address));
        let reply = traffic::send(&self.address, request, RESPONSE_TIMEOUT).await.map_err(failed)?;
        let (status, answer) = (reply.status, String::from_utf8_lossy(&reply.body));
        let answer = answer.trim_end();
        match status {
            status if status.is_success() => Ok(answer.to_owned()),
            StatusCode::UNAUTHORIZED if self.token.is_none() => {
                let help = "--control-token-file FILE names the file that holds it";
                Err(PlatformError::failed(what, format!("{status}: {answer}; {help}")))
            }
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::PAYLOAD_TOO_LARGE => {
                Err(PlatformError::Refused { what: what.to_owned(), why: answer.to_owned() })
            }
            status => Err(PlatformError::failed(what, format!("{status}: {answer}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_as_a_command_that_can_be_typed() {
        let control = |token| Control { instance: "a", address: Address::Unix("/run/a.sock".into()), token };
        let curl = "curl --unix-socket /run/a.sock http://localhost/faults";
        for (change, command) in [
            (FaultChange::Add("error=503;path=/it's"), format!(r"{curl} --data-binary 'error=503;path=/it'\''s'")),
            (FaultChange::Replace("error=503"), format!("{curl} -X PUT --data-binary 'error=503'")),
            (FaultChange::Replace(" "), format!("{curl} -X DELETE")),
            (FaultChange::Remove("bad"), format!("{curl}/bad -X DELETE")),
        ] {
            assert_eq!(control(None).command(change), command);
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "secret\n").unwrap();
        let token = Token::read(&file).unwrap();
        assert_eq!(token.value, "Bearer secret");
        let command = control(Some(&token)).command(FaultChange::Clear);
        assert_eq!(command, format!("{curl} -H \"Authorization: Bearer $(cat {})\" -X DELETE", file.display()));
        assert!(!format!("{:?} {command}", control(Some(&token))).contains("secret"));
    }

    #[test]
    fn a_file_without_a_token_is_told_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let name = file.display();
        assert!(Token::read(&file).unwrap_err().starts_with(&format!("cannot read {name}: ")));
        for (text, what) in [(" \n", "is empty"), ("two words", "holds more than one word")] {
            std::fs::write(&file, text).unwrap();
            let error = Token::read(&file).unwrap_err();
            assert!(error.starts_with(&format!("{name} {what}")), "{error}");
        }
    }
}
