//! The input of a promotion, checked against what its flavors need.

use super::super::action::Call;
use super::super::request::choice_hint;
use super::flavor::{Flavor, flavors, names, place};
use super::schema::{EARLIER_PHASES, release_properties};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, truthy, type_name};
use crate::base::version::{ReleaseChannel, Version};
use crate::config::graph_config::GraphConfig;
use crate::config::release;
use crate::custom;
use crate::decision::parameters::version;
use crate::ports::python::{Mode, Python};

/// The input of a promotion.
#[derive(Debug)]
pub struct PromotionInput<'a> {
    /// The flavors, in order.
    pub flavors: Vec<Flavor<'a>>,
    /// Kinds that are built again.
    pub rebuild_kinds: Vec<String>,
    /// Labels that are built again.
    pub do_not_optimize: Vec<String>,
    /// The version; `None` if a function of the project has to find it.
    pub version: Option<String>,
    /// The graphs to promote; empty if they have to be found.
    pub previous: Vec<TaskId>,
    /// Whether tasks of one phase may come from several revisions.
    pub mixed_revisions: bool,
    /// Whether unexpected tasks of earlier phases are accepted.
    pub earlier_phases: bool,
    /// Parameters that the input gives.
    pub parameters: Object,
}

impl PromotionInput<'_> {
    /// The names of the flavors, for messages.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.flavors.iter().map(|flavor| flavor.name).collect();
        names.join(", ")
    }
}

/// Reads the input.
///
/// # Errors
/// Everything that a flavor needs and the input lacks, and everything that does not fit the flavor.
pub fn read<'a>(call: &Call<'a>) -> Outcome<PromotionInput<'a>> {
    let mut wrong = Diagnostics::new();
    let flavors = wrong.keep(chosen(call)).unwrap_or_default();
    let version = wrong.keep(promoted_version(call).map_err(Diagnostics::from));
    let version = version.flatten();
    let previous = wrong.keep(previous(call)).unwrap_or_default();
    for flavor in &flavors {
        for mistake in check_flavor(call, *flavor, version.as_deref()) {
            wrong.push(mistake);
        }
    }
    for mistake in check_chain(call.graph_config, &flavors) {
        wrong.push(mistake);
    }
    if let Some(mistake) = check_next(&call.input, version.as_deref()) {
        wrong.push(mistake);
    }
    let eta = text(&call.input, "release_eta");
    if !eta.is_empty() && Timestamp::parse(eta).is_none() {
        wrong.push(
            Diagnostic::user(format!("`release_eta` is {eta:?}, which is not a date"))
                .help("write it as 2026-01-31T12:00:00Z"),
        );
    }
    // If no flavor names a product, the schema is mozilla-taskgraph's and lacks it.
    let earlier_phases = match call.input.get(EARLIER_PHASES) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(other) => {
            wrong.push(Diagnostic::user(format!(
                "`{EARLIER_PHASES}`: expected a boolean, found {}",
                type_name(other)
            )));
            false
        }
    };
    wrong.or_ok(())?;
    Ok(PromotionInput {
        rebuild_kinds: strings(&call.input, "rebuild_kinds", &flavors, "rebuild-kinds"),
        do_not_optimize: strings(&call.input, "do_not_optimize", &flavors, "do-not-optimize"),
        version,
        previous,
        mixed_revisions: call.input.get("allow_mixed_revisions").is_some_and(truthy),
        earlier_phases,
        parameters: input_parameters(&call.input),
        flavors,
    })
}

fn text<'v>(input: &'v Value, key: &str) -> &'v str {
    input.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The flavors that the input names.
fn chosen<'a>(call: &Call<'a>) -> Outcome<Vec<Flavor<'a>>> {
    let config: &'a GraphConfig = call.graph_config;
    let named: Vec<&str> = match &call.input["release_promotion_flavor"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut wrong = Diagnostics::new();
    let mut found = Vec::new();
    for name in named {
        match flavors(config).find(|(known, _)| *known == name) {
            Some((name, flavor)) => {
                wrong.extend(config.mistakes_in_flavor(name));
                found.push(Flavor {
                    name,
                    config: flavor,
                });
            }
            None if names(config).contains(&name) => {
                wrong.extend(config.mistakes_in_flavor(name));
            }
            None => wrong.push(unknown(config, name)),
        }
    }
    wrong.or_ok(found)
}

/// Makes the diagnostic for an unknown flavor.
fn unknown(config: &GraphConfig, name: &str) -> Diagnostic {
    let known = names(config);
    Diagnostic::user(format!("unknown release promotion flavor `{name}`"))
        .help(choice_hint(name, &known))
}

/// Checks the input against a flavor.
fn check_flavor(call: &Call<'_>, flavor: Flavor<'_>, version: Option<&str>) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    let name = flavor.name;
    let is_set = |key: &str| call.input.get(key).is_some_and(truthy);
    if flavor.is("version-bump") && !is_set("next_version") {
        wrong.push(
            Diagnostic::user(format!(
                "the flavor `{name}` bumps the version, but `next_version` is not given"
            ))
            .help("set `next_version` in the input to the version that follows this release"),
        );
    }
    let is_production = release::is_production(call.graph_config, call.params);
    if flavor.is("partial-updates") && is_production && !is_set("partial_updates") {
        wrong.push(
            Diagnostic::user(format!(
                "the flavor `{name}` makes partial updates, but `partial_updates` is not given"
            ))
            .because("this is a production release: level, project and branch match `release-branches`")
            .help("list the releases that they start from in the input: `{\"93.0\": {\"buildNumber\": 1, \"locales\": [\"de\"]}}`"),
        );
    }
    wrong.extend(version.and_then(|version| check_candidate(flavor, version)));
    wrong
}

/// Checks that the version that follows is higher. Versions of other forms have no order.
fn check_next(input: &Value, version: Option<&str>) -> Option<Diagnostic> {
    let next = text(input, "next_version");
    let read = |text: &str| text.parse::<Version>().ok();
    let (now, later) = (read(version?)?, read(next)?);
    (!later.is_newer_than(&now)).then(|| {
        Diagnostic::user(format!(
            "`next_version` is {next}, which is not higher than the version of the release, {}",
            version.unwrap_or_default()
        ))
        .help("set `next_version` in the input to the version that follows this release")
    })
}

/// Checks a version against a flavor.
fn check_candidate(flavor: Flavor<'_>, version: &str) -> Option<Diagnostic> {
    let channel = version.parse::<Version>().ok().map(|v| v.channel);
    let fits = matches!(
        channel,
        None | Some(ReleaseChannel::Release | ReleaseChannel::Candidate(_))
    );
    (flavor.is("is-rc") && !fits).then(|| {
        Diagnostic::user(format!(
            "the flavor `{}` is for release candidates, but the version is {version}",
            flavor.name
        ))
        .help("use a flavor without `is-rc`, or set `version` in the input")
    })
}

/// Checks that flavors can form a chain: they become one graph, with one set of parameters.
fn check_chain(config: &GraphConfig, flavors: &[Flavor<'_>]) -> Vec<Diagnostic> {
    let Some((first, rest)) = flavors.split_first() else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for flavor in rest {
        for key in ["product", "is-rc", "release-type"] {
            let value_of =
                |flavor: &Flavor<'_>| flavor.config.get(key).filter(|v| truthy(v)).cloned();
            if value_of(first) != value_of(flavor) {
                wrong.push(
                    Diagnostic::user(format!(
                        "the flavors `{}` and `{}` differ in `{key}`, so they cannot form a chain",
                        first.name, flavor.name
                    ))
                    .at(place(config, *flavor))
                    .help("promote each with its own action"),
                );
            }
        }
    }
    wrong
}

fn previous(call: &Call<'_>) -> Outcome<Vec<TaskId>> {
    let given_ids = call
        .input
        .get("previous_graph_ids")
        .and_then(Value::as_array);
    let mut wrong = Diagnostics::new();
    let mut ids: Vec<TaskId> = Vec::new();
    for id in given_ids.into_iter().flatten() {
        let id = match TaskId::parse(id.as_str().unwrap_or_default()) {
            Ok(id) => id,
            Err(error) => {
                wrong.push(Diagnostic::user(format!("`previous_graph_ids`: {error}")));
                continue;
            }
        };
        if ids.contains(&id) {
            wrong.push(
                Diagnostic::user(format!("`previous_graph_ids` contains {id} twice")).help(
                    "list each graph once: if several have the same label, the last one counts",
                ),
            );
        }
        ids.push(id);
    }
    wrong.or_ok(ids)
}

/// Parameters that the input gives under their names.
fn input_parameters(input: &Value) -> Object {
    let mut parameters = Object::new();
    for (name, _) in release_properties() {
        if let Some(value) = input.get(name) {
            parameters.insert(name.to_owned(), value.clone());
        }
    }
    let next = text(input, "next_version");
    if !next.is_empty() {
        parameters.insert("next_version", Value::from(next));
    }
    if let Some(updates) = input.get("partial_updates").filter(|value| truthy(value)) {
        parameters.insert("release_history", updates.clone());
    }
    parameters
}

/// A list of strings from the input, or else from the flavors.
pub fn strings(input: &Value, key: &str, flavors: &[Flavor<'_>], flavor_key: &str) -> Vec<String> {
    let of_flavors = flavors
        .iter()
        .filter_map(|flavor| flavor.config.get(flavor_key));
    let lists: Vec<&Value> = match input.get(key) {
        Some(text) => vec![text],
        None => of_flavors.collect(),
    };
    let mut strings: Vec<String> = Vec::new();
    for item in lists.iter().filter_map(|list| list.as_array()).flatten() {
        let item = item.as_str().unwrap_or_default().to_owned();
        if !strings.contains(&item) {
            strings.push(item);
        }
    }
    strings
}

/// Returns the Python function that finds the version, unless it is the default one.
fn own_parser(config: &GraphConfig) -> Option<&str> {
    let parser = config.get("version-parser")?.as_str()?;
    (parser != "mozilla_taskgraph.version:default_parser").then_some(parser)
}

/// Returns the version of the input, or else of the repository; `None` if a function of the project
/// has to find it.
fn promoted_version(call: &Call<'_>) -> Result<Option<String>, Diagnostic> {
    match call.input.get("version").and_then(Value::as_str) {
        Some(version) if !version.is_empty() => Ok(Some(version.to_owned())),
        _ if let Some(parser) = own_parser(call.graph_config) => {
            let may = |python: &dyn Python| python.mode() != Mode::Never;
            match call.context.python {
                Some(python) if may(python) => Ok(None),
                _ => Err(Diagnostic::user(format!(
                    "`version-parser` is set to the Python function `{parser}`, which cannot be used without Python"
                ))
                .at(parser_place(call))
                .help(
                    "set `version` in the input (`--version` of `promote --plan`), or remove `--python=never`; \
                     rehearsals cannot run the function yet",
                )),
            }
        }
        _ => version(call.context.files)?
            .map(|line| Some(line.trim().to_owned()))
            .ok_or_else(|| {
                Diagnostic::user("cannot determine the version to promote")
                    .help("set `version` in the input (`--version` of `promote --plan`), or add a version.txt \
                     to the repository")
            }),
    }
}

fn parser_place(call: &Call<'_>) -> Option<Place> {
    let path = ValuePath::keys(["version-parser"]);
    call.graph_config.place(&path)
}

/// Finds the version with the project's function, for a flavor with these parameters.
///
/// # Errors
/// When the function raises, or the version does not fit the flavor.
pub fn parsed_version(
    call: &Call<'_>,
    flavor: Flavor<'_>,
    values: &Object,
) -> Result<String, Diagnostic> {
    let (Some(parser), Some(python)) = (own_parser(call.graph_config), call.context.python) else {
        return Err(Diagnostic::bug("no Python to find the version with"));
    };
    let version = custom::parameter_hooks::version(python, values, parser)
        .map_err(|diagnostic| diagnostic.at(parser_place(call)))?;
    match check_candidate(flavor, &version) {
        Some(diagnostic) => Err(diagnostic),
        None => Ok(version),
    }
}
