//! What a project cannot do without Python.

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::Value;
use crate::config::graph_config::{GraphConfig, NATIVE_REGISTRATIONS};
use crate::config::parameters::Parameters;
use crate::optimize;

/// Returns the Python objects that config.yml names, each with its key.
fn named_in_config(graph_config: &GraphConfig) -> impl Iterator<Item = (&'static str, &str)> {
    let register = graph_config.registration().map(|name| ("register", name));
    let changes = graph_config.taskgraph("decision-parameters");
    let changes = changes
        .and_then(Value::as_str)
        .map(|name| ("decision-parameters", name));
    register.into_iter().chain(changes)
}

/// Returns the Python objects that config.yml and the parameters name, each with its key.
pub(super) fn needs_python<'a>(
    graph_config: &'a GraphConfig,
    params: &'a Parameters,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let strategies = params.get("optimize_strategies").and_then(Value::as_str);
    let strategies = strategies.map(|name| ("optimize_strategies", name));
    named_in_config(graph_config).chain(strategies)
}

/// Rejects a project whose graph needs Python, which must not run.
pub(super) fn refuse_python(graph_config: &GraphConfig, params: &Parameters) -> Outcome<()> {
    refuse(graph_config, needs_python(graph_config, params))
}

/// Rejects a project whose config.yml names Python, which must not run: its actions and its decision
/// may be its own.
///
/// # Errors
/// Every Python object that config.yml names.
pub fn refuse_registration(graph_config: &GraphConfig) -> Outcome<()> {
    let entry = graph_config.entry().map(|name| ("entry", name));
    refuse(graph_config, named_in_config(graph_config).chain(entry))
}

fn refuse<'a>(
    graph_config: &GraphConfig,
    named: impl Iterator<Item = (&'static str, &'a str)>,
) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for (key, name) in named {
        let (section, setting, native) = match key {
            "optimize_strategies" => (
                "parameters",
                format!("the parameter `{key}` is set to the Python object `{name}`"),
                optimize::STRATEGIES.iter().map(|one| one.name).collect(),
            ),
            "entry" => (
                "snowman",
                format!("`snowman.{key}` is set to the Python package `{name}`"),
                Vec::new(),
            ),
            _ => (
                "taskgraph",
                format!("`taskgraph.{key}` is set to the Python function `{name}`"),
                NATIVE_REGISTRATIONS.to_vec(),
            ),
        };
        let path = ValuePath::keys([section, key]);
        let place = graph_config
            .place(&path)
            .filter(|_| key != "optimize_strategies");
        let help = match suggest::nearest(name, native.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the project needs Python, so remove `--python=never`".to_owned(),
        };
        let message = format!("{setting}, which cannot be used without Python");
        wrong.push(Diagnostic::user(message).at(place).help(help));
    }
    wrong.or_ok(())
}
