//! Location of the process, as the downward API says.

use clap::Args;

use super::{Release, WrongValue};

/// The pod around the process.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Pod")]
pub struct Pod {
    /// The pod's name, shown as the instance. Without it, or if it is empty, the service's name and the process id.
    #[arg(long, env = "MESHWALK_POD_NAME", value_name = "NAME")]
    pub pod_name: Option<String>,

    /// The pod's namespace; none if it is empty.
    #[arg(long, env = "MESHWALK_POD_NAMESPACE", value_name = "NAMESPACE")]
    pub pod_namespace: Option<String>,

    /// The pod's label `version`, none if it is empty. If it is not the release that runs, the process does not start.
    #[arg(long, env = "MESHWALK_POD_VERSION", value_name = "VERSION")]
    pub pod_version: Option<String>,
}

impl Pod {
    /// A label that promises another release than the one that runs would make every routing lab lie.
    pub(super) fn check_version(&self, release: Release) -> Result<(), WrongValue> {
        // A label that is not there comes from the downward API as an empty text.
        match self.pod_version.as_deref().filter(|version| !version.is_empty()) {
            Some(version) if version != release.as_str() => {
                let why = format!(
                    "the pod's label says {version}, but this is release {release}; right would be the label \
                     `version: {release}`, or the image of {version}"
                );
                Err(WrongValue::new("pod-version", version, why))
            }
            _ => Ok(()),
        }
    }
}
