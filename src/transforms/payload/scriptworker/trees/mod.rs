//! Payloads of landoscript and treescript, as Firefox's tasks describe them.
//!
//! Each setting in `worker` is an action of the task: tags, a version bump, imports of localizations, a merge
//! of branches. [`super::lando`] has another form of the same, with a list of actions.

pub mod landoscript;
mod schema;
pub mod treescript;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{List, Object, Value, truthy};
use crate::config::schema::Schema;
use crate::transform::{Context, Item, checks};
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::take_worker;

use super::fields::{
    Copied, copied, copy, refuse_nulls, underscored, underscored_with, unless_empty,
};
use super::release;

/// How the settings of a worker become a payload.
struct Script {
    /// Their schema.
    schema: &'static Schema,
    /// Some of those that are actions, for messages.
    settings: &'static str,
    /// Collects the actions in the order in which the worker does them.
    collect: fn(&mut Landing<'_>) -> Result<(), Diagnostic>,
    /// The fields that only this worker has.
    fields: &'static [Copied],
}

/// The fields that both workers have.
const FIELDS: &[Copied] = &[
    unless_empty("dry_run", "force-dry-run"),
    unless_empty("dontbuild", "dontbuild"),
    copied("ignore_closed_tree", "ignore-closed-tree"),
];

/// Makes the payload of a task. Returns its `worker` and its actions.
///
/// # Errors
/// A setting that is null or does not fit the others, or no action at all.
fn land(
    images: &Images<'_, '_>,
    item: &mut Item,
    definition: &mut Object,
    script: &Script,
) -> Outcome<(Object, Vec<&'static str>)> {
    let worker = take_worker(item)?;
    refuse_nulls(item, &worker, script.schema)?;
    let mut landing = Landing::new(images.context(), item, &worker);
    (script.collect)(&mut landing)?;
    landing.check(script.settings)?;
    let Landing { actions, infos, .. } = landing;
    let mut payload = Object::new();
    payload.insert("actions", Value::from(actions.clone()));
    payload.extend(infos);
    copy(&mut payload, &worker, FIELDS);
    copy(&mut payload, &worker, script.fields);
    definition.insert("payload", Value::Object(payload));
    Ok((worker, actions))
}

/// What is collected for the payload.
struct Landing<'a> {
    context: &'a Context<'a>,
    item: &'a Item,
    worker: &'a Object,
    actions: Vec<&'static str>,
    infos: Object,
}

impl<'a> Landing<'a> {
    fn new(context: &'a Context<'a>, item: &'a Item, worker: &'a Object) -> Self {
        Self {
            context,
            item,
            worker,
            actions: Vec::new(),
            infos: Object::new(),
        }
    }

    fn given(&self, name: &str) -> Option<&'a Value> {
        self.worker.get(name).filter(|value| truthy(value))
    }

    fn add(&mut self, action: &'static str, key: &str, info: Value) {
        self.infos.insert(key.to_owned(), info);
        self.actions.push(action);
    }

    /// Refuses a task that does nothing, as the worker does.
    fn check(&self, settings: &str) -> Result<(), Diagnostic> {
        if self.actions.is_empty() {
            return Err(self
                .item
                .error_at("worker", "the task does nothing, which the worker refuses")
                .help(format!("set one of {settings}, or remove the task")));
        }
        Ok(())
    }

    /// Tags of the release, on the revision that is built.
    fn tags(&mut self) -> Result<(), Diagnostic> {
        if self.given("tags").is_none() {
            return Ok(());
        }
        let types = checks::strings(self.worker.get("tags"));
        let tags = release::tags(self.context, self.item, "worker.tags", &types)?;
        let mut info = Object::new();
        info.insert("tags", tags.into_iter().collect::<Value>());
        if let Some(url) = self.given("hg-repo-url") {
            info.insert("hg_repo_url", url.clone());
        }
        let prefix = self.given("repo-param-prefix").and_then(Value::as_str);
        let revision = format!("{}head_rev", prefix.unwrap_or_default());
        info.insert("revision", self.context.params().str(&revision));
        self.add("tag", "tag_info", Value::Object(info));
        Ok(())
    }

    /// The next version, in these files. Only release promotion knows it.
    fn version_bump(&mut self, files: &Value) {
        let next = self.context.params().values().get("next_version");
        let mut info = Object::new();
        info.insert("next_version", next.cloned().unwrap_or_default());
        info.insert("files", files.clone());
        self.add("version_bump", "version_bump_info", Value::Object(info));
    }

    fn android_l10n(&mut self) {
        for (name, key, action) in [
            (
                "android-l10n-import-info",
                "android_l10n_import_info",
                "android_l10n_import",
            ),
            (
                "android-l10n-sync-info",
                "android_l10n_sync_info",
                "android_l10n_sync",
            ),
        ] {
            if let Some(info) = self.given(name) {
                let info = underscored_with(info, "toml_info");
                self.add(action, key, Value::Object(info));
            }
        }
    }

    /// The bumps of localizations, and the only repository that they come from.
    fn l10n_bumps(&self) -> Result<Option<(Value, Option<&'a str>)>, Diagnostic> {
        let Some(Value::Array(bumps)) = self.given("l10n-bump-info") else {
            return Ok(None);
        };
        let mut urls = bumps
            .iter()
            .filter_map(|bump| bump.get("l10n-repo-url")?.as_str());
        let first = urls.next();
        if let Some(other) = urls.find(|url| Some(*url) != first) {
            return Err(self
                .item
                .error_at(
                    "worker.l10n-bump-info",
                    format!(
                        "the localizations come from several repositories: `{}`, `{other}`",
                        first.unwrap_or_default()
                    ),
                )
                .help("create one task per `l10n-repo-url`"));
        }
        let bumps: List = bumps
            .iter()
            .map(|bump| Value::Object(underscored(bump)))
            .collect();
        Ok(Some((Value::Array(bumps), first)))
    }

    /// A merge of branches.
    fn merge(&self) -> Result<Option<Object>, Diagnostic> {
        let Some(info) = self.given("merge-info") else {
            return Ok(None);
        };
        if info
            .get("version-files")
            .and_then(Value::as_array)
            .is_none()
        {
            return Err(self
                .item
                .error_at(
                    "worker.merge-info",
                    "`worker.merge-info.version-files` is missing, or not a list",
                )
                .help(
                    "list the files in which the merge changes the version; the list may be empty",
                ));
        }
        Ok(Some(underscored_with(info, "version_files")))
    }
}
