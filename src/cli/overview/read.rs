//! What all places of task groups have in common.

use crate::base::diagnostic::Diagnostic;
use crate::base::value::Value;
use crate::config::yaml;
use crate::overview::{Groups, ReadError, ReleaseSource};

/// Adds what the parameters of the last phase say about a release.
///
/// # Errors
/// When they cannot be read.
pub fn with_parameters(
    mut source: ReleaseSource,
    groups: &dyn Groups,
) -> Result<ReleaseSource, ReadError> {
    let Some(last) = source.phases.last() else {
        return Ok(source);
    };
    let mut found = groups.artifacts(&[&last.task_id], "public/parameters.yml")?;
    let parameters = found.pop().flatten();
    let parameters = parameters.and_then(|text| yaml::load("parameters.yml", &text).ok());
    let parameters = parameters
        .map(|document| document.value)
        .unwrap_or_default();
    let text = |key: &str| parameters[key].as_str().unwrap_or_default().to_owned();
    if source.version.is_empty() {
        source.version = text("version");
    }
    source.build_number = parameters
        .get("build_number")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    source.revision = text("head_rev");
    Ok(source)
}

/// The error as a diagnostic.
pub fn unreadable(error: ReadError) -> Diagnostic {
    Diagnostic::environment(format!("cannot read {}", error.what)).because(error.why)
}
