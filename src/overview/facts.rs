//! What definitions and graphs say about a task.

use super::model::Report;
use crate::base::value::Value;

/// What the definition of a task says.
#[derive(Debug, Clone, Default)]
pub struct Definition {
    /// The label.
    pub label: String,
    /// The kind, as taskgraph tags it.
    pub kind: String,
    /// The platform that Treeherder shows the task under.
    pub platform: String,
    /// The worker pool.
    pub pool: String,
    /// How many seconds the task may run.
    pub seconds: Option<u64>,
    /// The tasks that it depends on.
    pub dependencies: Vec<String>,
    /// The system and action of a staged task.
    pub system: String,
    /// The release of a staged task: product, version, number of the build, revision.
    pub release: Option<(String, String, u64, String)>,
}

impl Definition {
    /// Reads a definition.
    #[must_use]
    pub fn new(definition: &Value) -> Self {
        let staged = &definition["extra"]["staging"];
        let own = || {
            let queue = text(&definition["taskQueueId"]);
            let (provisioner, worker) = (&definition["provisionerId"], &definition["workerType"]);
            match queue.is_empty() {
                true => format!("{}/{}", text(provisioner), text(worker)),
                false => queue,
            }
        };
        let pool = text(&staged["pool"]);
        let release = &staged["release"];
        Self {
            label: text(&definition["metadata"]["name"]),
            kind: text(&definition["tags"]["kind"]),
            platform: treeherder_platform(&definition["extra"]),
            pool: if pool.is_empty() { own() } else { pool },
            seconds: definition["payload"]["maxRunTime"].as_u64(),
            dependencies: texts(&definition["dependencies"]),
            system: system(staged),
            release: release.as_object().map(|_| {
                (
                    text(&release["product"]),
                    text(&release["version"]),
                    release["buildNumber"].as_u64().unwrap_or_default(),
                    text(&release["revision"]),
                )
            }),
        }
    }
}

/// The system and the action that a staged task or its report names.
fn system(value: &Value) -> String {
    let parts = [text(&value["system"]), text(&value["action"])];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(": ")
}

fn treeherder_platform(extra: &Value) -> String {
    let named = text(&extra["treeherder-platform"]);
    if !named.is_empty() {
        return named;
    }
    let treeherder = &extra["treeherder"];
    let collections = treeherder["collection"].as_object().into_iter().flatten();
    let platform = treeherder["machine"]["platform"].as_str();
    let parts: Vec<&str> = platform
        .into_iter()
        .chain(collections.map(|(name, _)| name.as_str()))
        .collect();
    parts.join("/")
}

/// What the attributes of a task say.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// The kind.
    pub kind: String,
    /// The product.
    pub product: String,
    /// The platform.
    pub platform: String,
    /// The locale, or the locales of a part.
    pub locale: String,
    /// The phase of the release.
    pub shipping_phase: String,
    /// The labels, or taskIds, that the task depends on.
    pub dependencies: Vec<String>,
}

impl Attributes {
    /// Reads a task of `task-graph.json` or `full-task-graph.json`.
    #[must_use]
    pub fn new(task: &Value) -> Self {
        let attributes = &task["attributes"];
        let first = |names: &[&str]| {
            let found = names.iter().map(|name| text(&attributes[*name]));
            found.into_iter().find(|found| !found.is_empty())
        };
        let parts = texts(&attributes["chunk_locales"]);
        let dependencies = task["dependencies"].as_object().into_iter().flatten();
        Self {
            kind: text(&task["kind"]),
            product: first(&["shipping_product"]).unwrap_or_default(),
            platform: first(&["build_platform", "test_platform", "platform"])
                .unwrap_or_else(|| treeherder_platform(&task["task"]["extra"])),
            locale: first(&["locale"]).unwrap_or_else(|| parts.join(" ")),
            shipping_phase: first(&["shipping_phase", "shipping-phase"]).unwrap_or_default(),
            dependencies: dependencies.map(|(_, to)| text(to)).collect(),
        }
    }
}

/// The name of the phase that a decision or action task begins, from its definition: the flavors that it promotes, or what
/// it was created for; empty if it is neither.
#[must_use]
pub fn phase_name(definition: &Value) -> String {
    let extra = &definition["extra"];
    let flavor = &extra["action"]["context"]["input"]["release_promotion_flavor"];
    let flavors = match flavor.as_str() {
        Some(one) => vec![one.to_owned()],
        None => texts(flavor),
    };
    match (flavors.is_empty(), extra["tasks_for"].as_str()) {
        (false, _) => flavors.join("+"),
        (true, Some("github-push" | "hg-push")) => "push".to_owned(),
        (true, Some(other)) => other.to_owned(),
        (true, None) => String::new(),
    }
}

/// Reads `report.json` of a staged task.
#[must_use]
pub fn report(report: &Value) -> Report {
    let checked = report["checked"].as_array().into_iter().flatten();
    let checked = checked.map(|one| {
        let count = one["count"].as_u64().unwrap_or_default();
        (text(&one["what"]), count)
    });
    Report {
        system: system(report),
        checked: checked.collect(),
        would: texts(&report["wouldHappen"]),
        unchecked: texts(&report["notChecked"]),
        warnings: texts(&report["warnings"]),
        problems: texts(&report["problems"]),
    }
}

/// A text; anything else is an empty one.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The texts of a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    let texts = items.filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
