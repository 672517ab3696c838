//! Where `snowman.staging.history` says that earlier releases are known from.

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;

/// The earlier releases of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The tasks that know them, the oldest first.
    pub tasks: Vec<TaskId>,
    /// The file of the repository with what is known on top of these.
    pub file: Option<String>,
}

/// Reads the setting.
///
/// # Errors
/// What is wrong with it.
pub fn history(config: &GraphConfig) -> Outcome<Listed> {
    let place = config.place(&ValuePath::keys(["snowman", "staging", "history"]));
    let setting = config.get("snowman").and_then(|own| own.get("staging"));
    let setting = setting.and_then(|staging| staging.get("history"));
    let mut wrong = Diagnostics::new();
    let mut listed = Listed::default();
    for id in setting.into_iter().flat_map(Value::texts) {
        let mut refuse = |why: String| {
            let what = format!("`snowman.staging.history`: `{id}` {why}");
            wrong.push(Diagnostic::user(what).at(place.clone()));
        };
        match TaskId::parse(id) {
            _ if listed.file.is_some() => {
                refuse("is listed after a file, but the file has to be the last".to_owned());
            }
            _ if id.ends_with(".json.gz") => listed.file = Some(id.to_owned()),
            Ok(id) => listed.tasks.push(id),
            Err(_) => {
                refuse("is neither a taskId nor the path of a file `….json.gz`".to_owned());
            }
        }
    }
    wrong.or_ok(listed)
}
