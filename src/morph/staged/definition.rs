//! The definition of a staged task.

use std::collections::BTreeSet;

use super::settings::Settings;
use crate::base::name::TaskId;
use crate::base::value::{Object, Value, json};
use crate::config::shipping::{phase_name, product};
use crate::model::id_graph::PlannedTask;
use crate::release::Recognized;
use crate::release::staged::{Release, Staged, is_name, partners};

/// The folder in which a staged task writes its artifacts.
const ARTIFACTS: &str = "/builds/worker/artifacts";

/// The longest time that a staged task may take, in seconds.
const MAX_RUN_TIME: u32 = 7200;

/// What comes before a staged task.
#[derive(Debug, Clone, Default)]
pub struct Before {
    /// The nearest staged tasks of the same graph.
    pub from: Vec<TaskId>,
    /// The task that lists the staged tasks of earlier graphs.
    pub earlier: Option<TaskId>,
    /// The task with the same label that exists already.
    pub copy_of: Option<TaskId>,
    /// Whether the graph is found in the index by this task.
    pub stands_for_graph: bool,
}

/// The task that stages a release task.
pub fn staged(
    settings: &Settings,
    task: &PlannedTask,
    recognized: Recognized,
    before: Before,
) -> PlannedTask {
    let mut definition = task.task.clone();
    let take =
        |definition: &mut Object, key: &str| definition.shift_remove(key).unwrap_or_default();
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let pool = format!(
        "{}/{}",
        text(take(&mut definition, "provisionerId")),
        text(take(&mut definition, "workerType"))
    );
    let scopes = take(&mut definition, "scopes");
    let scopes = scopes.as_array().into_iter().flatten();
    let action = recognized.action.map(|action| action.name);
    let staged = Staged {
        system: recognized.system.name.to_owned(),
        action: action.filter(|name| !name.is_empty()).map(str::to_owned),
        payload: take(&mut definition, "payload"),
        scopes: scopes
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        pool,
        release: Release {
            product: product(&task.attributes).unwrap_or_default().to_owned(),
            ..settings.release.clone()
        },
        decision: settings
            .tasks
            .as_ref()
            .map(|(decision, _)| decision.clone()),
        phase: phase_name(&task.attributes).unwrap_or_default().to_owned(),
        from: before.from,
        earlier: before.earlier,
        history: settings.history.clone(),
        copy_of: before.copy_of,
        archive: settings.archive.clone(),
        repository: match recognized.system.reads_repository {
            true => settings.repository.clone(),
            false => None,
        },
        partners: partners(recognized.system, &settings.partners, task.kind.as_str()),
    };
    let expires = definition.get("expires").cloned().unwrap_or_default();
    let private = private_artifacts(&staged.payload);
    let kept = match recognized.system.keeps_names {
        true => private.clone(),
        false => BTreeSet::new(),
    };
    // Ordinary workers are told what they upload.
    let names = kept.into_iter().chain(declared(&staged.payload));
    let mut folders: BTreeSet<String> = names.filter_map(|name| folder(&name)).collect();
    folders.insert("public".to_owned());
    let artifacts = folders.into_iter().map(|folder| {
        let path = format!("{ARTIFACTS}/{folder}");
        let artifact = json!({"type": "directory", "path": path, "expires": expires.clone()});
        (folder, artifact)
    });
    let artifacts: Object = artifacts.collect();
    let scopes = private
        .iter()
        .map(|name| Value::from(format!("queue:get-artifact:{name}")));
    let scopes: Value = scopes.collect();
    let payload = json!({
        "image": settings.image(),
        "command": ["snowman", "stage", "run"],
        "maxRunTime": MAX_RUN_TIME,
        "features": {"taskclusterProxy": true},
        "artifacts": artifacts,
    });
    definition.insert(
        "provisionerId",
        Value::from(settings.pool.provisioner.as_str()),
    );
    definition.insert(
        "workerType",
        Value::from(settings.pool.worker_type.as_str()),
    );
    definition.insert("scopes", scopes);
    definition.insert("payload", payload);
    let mut tags = object(definition.get("tags"));
    tags.insert("worker-implementation", json!("docker-worker"));
    tags.insert("os", json!("linux"));
    definition.insert("tags", Value::Object(tags));
    let mut staging = object(Some(&staged.to_json()));
    let routes = definition.get("routes").unwrap_or(&Value::Null);
    let routes = settings.namespace().map(|namespace| {
        namespace.routes(routes, &staged.release.product, before.stands_for_graph)
    });
    if let Some(routes) = routes {
        definition.insert("routes", routes);
    }
    if recognized.system.name == "notify" {
        // The messages are shown, not sent.
        let routes = take(&mut definition, "routes");
        let routes = routes.as_array().into_iter().flatten().cloned();
        let (messages, others): (Vec<Value>, Vec<Value>) = routes.partition(is_message);
        staging.insert("routes", messages);
        definition.insert("routes", others);
    }
    let mut extra = object(definition.get("extra"));
    extra.insert("staging", Value::Object(staging));
    definition.insert("extra", Value::Object(extra));
    PlannedTask {
        task: definition,
        ..task.clone()
    }
}

/// The folder that an artifact is uploaded from; `None` for names that lead out of the folder of artifacts.
fn folder(name: &str) -> Option<String> {
    let folder = name.split('/').next();
    folder.filter(|_| is_name(name)).map(str::to_owned)
}

/// The names of the artifacts that a payload declares.
fn declared(payload: &Value) -> BTreeSet<String> {
    let artifacts = &payload["artifacts"];
    let named = artifacts.as_object().into_iter().flatten();
    let named = named.map(|(name, _)| name.to_string());
    let listed = artifacts.as_array().into_iter().flatten();
    let listed = listed.filter_map(|artifact| artifact["name"].as_str().map(str::to_owned));
    named.chain(listed).collect()
}

/// Whether a route sends a message.
fn is_message(route: &Value) -> bool {
    route
        .as_str()
        .is_some_and(|route| route.starts_with("notify."))
}

/// The private artifacts that a task reads: those that need a scope.
fn private_artifacts(payload: &Value) -> BTreeSet<String> {
    let upstream = payload["upstreamArtifacts"]
        .as_array()
        .into_iter()
        .flatten();
    let paths = upstream.flat_map(|task| task["paths"].texts());
    let private = paths.filter(|path| !path.starts_with("public/"));
    private.map(str::to_owned).collect()
}

fn object(value: Option<&Value>) -> Object {
    value
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_artifacts_are_uploaded_from_below_their_folder() {
        let named =
            json!({"artifacts": {"releng/partner": {}, "../x": {}, "..": {}, "/a": {}, "": {}}});
        let listed =
            json!({"artifacts": [{"name": "releng/partner"}, {"name": "a/.."}, {"name": 1}, {}]});
        for payload in [named, listed] {
            let names = declared(&payload);
            let folders: Vec<String> = names.iter().filter_map(|name| folder(name)).collect();
            assert_eq!(folders, ["releng"]);
        }
    }
}
