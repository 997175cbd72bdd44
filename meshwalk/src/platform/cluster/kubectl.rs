//! Runs `kubectl` with one context and one namespace, and prints every command as a user could type it.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use meshwalk_mesh::runtime::child;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::{namespace::Namespace, platform::PlatformError};

/// Time limit for a command, after which the cluster counts as unreachable.
const DEADLINE: Duration = Duration::from_secs(60);

/// Callback that prints commands.
pub type Show = Box<dyn Fn(&str) + Send + Sync>;

/// `kubectl` with a context and a namespace.
pub struct Kubectl {
    program: PathBuf,
    launcher: Option<PathBuf>,
    context: Option<String>,
    namespace: Namespace,
    /// Folder to which files are relative.
    root: PathBuf,
    show: Show,
    shown: Mutex<BTreeSet<String>>,
}

impl Kubectl {
    /// Creates commands for a namespace in a context, or in the current context, run in the folder `root`.
    pub fn new(context: Option<String>, namespace: Namespace, root: PathBuf, show: Show) -> Self {
        // The empty path means the working directory, but is not valid for `current_dir`.
        let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
        Self {
            program: PathBuf::from("kubectl"),
            launcher: None,
            context,
            namespace,
            root,
            show,
            shown: Mutex::default(),
        }
    }

    /// Uses another program than the `kubectl` on the PATH.
    #[must_use]
    pub fn with_program(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    /// Ends long-running commands with this process, even if it is killed. `launcher` is the `meshwalk` program.
    #[must_use]
    pub fn launched_by(self, launcher: PathBuf) -> Self {
        Self { launcher: Some(launcher), ..self }
    }

    /// Returns the namespace of the workload.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Returns the arguments of a command in the workload's namespace.
    pub fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        self.arguments_in(self.namespace.name(), arguments)
    }

    /// Returns the arguments of a command in any namespace.
    pub fn arguments_in(&self, namespace: &str, arguments: &[&str]) -> Vec<String> {
        self.arguments_anywhere(&[&["-n", namespace], arguments].concat())
    }

    /// Returns the arguments of a command without a namespace, or with a namespace among its own arguments.
    pub fn arguments_anywhere(&self, arguments: &[&str]) -> Vec<String> {
        let context = self.context.iter().flat_map(|context| ["--context", context]);
        context.chain(arguments.iter().copied()).map(str::to_owned).collect()
    }

    /// Returns the context, if one was set.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// Returns the command as it can be typed.
    pub fn line(arguments: &[String]) -> String {
        format!("kubectl {}", Self::typed(arguments))
    }

    /// Quotes words for a shell.
    pub fn typed(words: &[String]) -> String {
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }

    /// Returns the folder to which files are relative.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Prepares a process.
    pub fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments.iter().map(OsString::from)).current_dir(&self.root).kill_on_drop(true);
        // Ctrl-C signals the whole process group, and the restore still needs these commands.
        command.process_group(0);
        command
    }

    /// Prepares a long-running process that ends with this process, even if this process is killed.
    pub fn lasting(&self, arguments: &[String]) -> Command {
        let Some(launcher) = &self.launcher else { return self.command(arguments) };
        let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
        let mut command = Command::from(child::command(launcher, &self.program, &arguments));
        command.kill_on_drop(true);
        command
    }

    /// Prints a command. A repeated command, as in a wait, is printed once.
    pub fn show(&self, line: &str) {
        if self.shown.lock().unwrap_or_else(PoisonError::into_inner).insert(line.to_owned()) {
            (self.show)(line);
        }
    }

    /// Prints a message between the commands.
    pub fn remark(&self, text: &str) {
        self.show(&format!("# {text}"));
    }

    /// Runs a read-only command in the workload's namespace.
    ///
    /// # Errors
    /// Returns kubectl's message if the command fails.
    pub async fn get(&self, arguments: &[&str]) -> Result<String, PlatformError> {
        let arguments = self.arguments(arguments);
        self.show(&Self::line(&arguments));
        self.run(&arguments, None).await
    }

    /// Runs a command without printing it, and returns its standard output.
    ///
    /// # Errors
    /// Fails if the command cannot be started, does not end in time, or fails.
    pub async fn run(&self, arguments: &[String], input: Option<&str>) -> Result<String, PlatformError> {
        let line = Self::line(arguments);
        let failed = |why: &dyn std::fmt::Display| PlatformError::failed(line.clone(), why);
        let mut command = self.command(arguments);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                failed(&"kubectl is not on the PATH; https://kubernetes.io/docs/tasks/tools says how to install it")
            }
            _ => failed(&error),
        })?;
        let feed = child.stdin.take();
        let fed = async {
            if let (Some(mut feed), Some(input)) = (feed, input) {
                // Ignore a write error: a kubectl that ends early reports the cause itself.
                let _ = feed.write_all(input.as_bytes()).await;
            }
        };
        let ended = async { tokio::join!(fed, child.wait_with_output()).1 };
        let output = match tokio::time::timeout(DEADLINE, ended).await {
            Ok(output) => output.map_err(|error| failed(&error))?,
            Err(_) => return Err(failed(&format!("it did not finish within {DEADLINE:?}; does the cluster answer?"))),
        };
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let (said, answered) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
            Err(failed(&[said.trim(), answered.trim()].join("\n").trim()))
        }
    }
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_can_be_typed() {
        let kubectl = Kubectl::new(Some("a b".into()), Namespace::default(), PathBuf::new(), Box::new(|_| {}));
        let line = Kubectl::line(&kubectl.arguments(&["apply", "-f", "it's.yaml"]));
        assert_eq!(line, r"kubectl --context 'a b' -n meshwalk apply -f 'it'\''s.yaml'");
    }
}
