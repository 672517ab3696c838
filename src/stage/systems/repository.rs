//! lando and treescript: commits and tags in repositories.
//!
//! The actions are computed from the files of the repository at the revision of the task, and the differences
//! are applied to them, but nothing is sent anywhere. Tags are effects in the space [`TAGS`], so that two
//! tasks of a release cannot set one tag at two commits.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::repo_url::parse_repository_url;
use crate::base::value::{Value, json};
use crate::release::staged::Staged;
use crate::stage::python_json;
use crate::stage::report::Table;
use crate::stage::trees::access::Asked;
use crate::stage::trees::action::{Action, ActionError};
use crate::stage::trees::apply::apply;
use crate::stage::trees::bump::{self, Bump, Bumped, How, Outcome};
use crate::stage::trees::place::Place;
use crate::stage::trees::tree::{HEAD, Tree};
use crate::stage::trees::{l10n, payload, tag};
use crate::stage::work::Work;

/// The space of tags, by repository and name.
pub(super) const TAGS: &str = "tag";

/// Commits and tags through Lando.
pub fn lando(work: &mut Work<'_>) {
    let repository = work.text("lando_repo");
    let scopes: Vec<&str> = work.staged.scopes.iter().map(String::as_str).collect();
    let actions = work.payload()["actions"].texts().collect::<Vec<_>>();
    let asked = Asked {
        repository,
        actions: &actions,
        payload: work.payload(),
    };
    if let Err(error) = asked.check(&scopes) {
        work.report.problem(error.to_string());
    }
    work.report
        .checked("a scope for each action", actions.len());
    run(work, (repository, Place::Gecko), &actions);
}

/// The actions of a task of treescript. Only the workers of Firefox and Thunderbird, whose scopes name no repository,
/// read them in the payload; for others, the scopes are the actions.
fn tree_actions<'w>(work: &Work<'w>) -> Vec<&'w str> {
    let scopes = work.staged.scopes.iter();
    let scopes = scopes.filter_map(|scope| scope.split_once(":treescript:action:"));
    let of_repositories = scopes.filter(|(start, _)| start.split(':').count() == 3);
    let of_scopes: BTreeSet<&str> = of_repositories.map(|(_, action)| action).collect();
    if work.payload().get("actions").is_none() {
        return of_scopes.into_iter().collect();
    }
    work.payload()["actions"].texts().collect()
}

/// Commits and tags in a repository.
pub fn tree(work: &mut Work<'_>) {
    let actions = tree_actions(work);
    let has_scope = |action: &str| {
        let scopes = work.staged.scopes.iter();
        let mut ends = scopes.filter_map(|scope| scope.split_once(":treescript:action:"));
        ends.any(|(_, end)| end == action)
    };
    let missing: Vec<String> = actions
        .iter()
        .filter(|action| !has_scope(action))
        .map(|action| format!("…:treescript:action:{action}"))
        .collect();
    if !missing.is_empty() {
        let error = ActionError::Scopes(missing);
        work.report.problem(error.to_string());
    }
    if actions.is_empty() {
        work.report.problem(ActionError::NoActions.to_string());
    }
    work.report
        .checked("a scope for each action", actions.len());
    let named = work.text("source_repo");
    let source = work.definition["metadata"]["source"].as_str();
    let (repository, address) = match named {
        "" => ("the repository", source.unwrap_or_default()),
        named => (named, named),
    };
    let place = Place::of(address);
    let ignored = actions.iter().filter(|action| !place.has_action(action));
    let ignored = ignored.map(|action| {
        format!("the worker does not do the action {action} in repositories on GitHub: nothing would happen")
    });
    let ignored: Vec<String> = ignored.collect();
    work.report.problems.extend(ignored);
    run(work, (repository, place), &actions);
}

/// Why there are no files to look at.
fn without_tree(staged: &Staged) -> &'static str {
    match &staged.repository {
        None => "the task has no repository that can be read over HTTP",
        Some(repository) if repository.tool == "hg" => {
            "the repository is one of Mercurial, and the image of the task has no `hg`"
        }
        Some(_) => "the working copy is that of another version",
    }
}

/// Whether the files that get another version are in a repository of another name than that of the task, as with
/// an extension whose source is not where its releases are made.
fn is_elsewhere(work: &Work<'_>, repository: &str, tree: &dyn Tree) -> bool {
    let url = work.staged.repository.as_ref().map(|own| own.url.as_str());
    let Some(own) = url.and_then(parse_repository_url) else {
        return false;
    };
    // All of hg.mozilla.org's have copies of one tree under many names.
    let plain = repository.strip_prefix("staging-").unwrap_or(repository);
    let is_own = own.owner.is_none()
        || plain
            .strip_prefix(own.name.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let bump = payload::bump(work.payload());
    let files = bump.map(|bump| bump.files).unwrap_or_default();
    let is_missing = |file: &String| matches!(tree.file(HEAD, file), Ok(None));
    !is_own && !files.is_empty() && files.iter().all(is_missing)
}

/// Does the actions of a task.
fn run(work: &mut Work<'_>, (repository, place): (&str, Place<'_>), actions: &[&str]) {
    let mut tree = work.tree();
    if tree.is_none() {
        work.report.unchecked.push(format!(
            "the commits, whose differences cannot be computed: {}",
            without_tree(work.staged)
        ));
    }
    if let Some(own) = tree
        && is_elsewhere(work, repository, own)
    {
        work.report.unchecked.push(format!(
            "the commits, whose differences cannot be computed: {repository} is not the repository of the task, which \
             has none of the files"
        ));
        tree = None;
    }
    let mut sent = Vec::new();
    for action in actions {
        let done = match *action {
            "version_bump" => version_bump(work, tree, place),
            "tag" => tags(work, repository, tree),
            "merge_day" => merge_day(work, tree),
            "l10n_bump" => l10n_bump(work, tree),
            "push" => {
                work.report
                    .would
                    .push(format!("the commits would be pushed to {repository}"));
                Ok(Vec::new())
            }
            other => {
                work.report.unchecked.push(format!(
                    "the action {other}: it needs another repository than that of the task"
                ));
                Ok(Vec::new())
            }
        };
        match done {
            Ok(actions) => sent.extend(actions),
            Err(error) => work.report.problem(error.to_string()),
        }
    }
    if let Some(tree) = tree {
        prove(work, tree, &sent);
    }
    work.report.would.push(format!(
        "{} actions would be sent for {repository}",
        sent.len()
    ));
    let rows = sent.iter().map(|action| match action {
        Action::Tag { name, target } => vec!["tag".to_owned(), name.clone(), target.clone()],
        Action::Commit { message, diff } => vec![
            "commit".to_owned(),
            message.lines().next().unwrap_or_default().to_owned(),
            diff.clone(),
        ],
        Action::Merge { target, message } => {
            vec!["merge".to_owned(), message.clone(), target.clone()]
        }
    });
    work.report.tables.push(Table {
        title: "Actions".to_owned(),
        columns: vec!["Action", "Name", "Content"],
        rows: rows.collect(),
    });
    if !sent.is_empty() {
        let list: Value = sent.iter().map(Action::to_json).collect();
        let text = python_json::indented(&list, 2);
        work.make(
            "public/build/lando-actions.json",
            text.into_bytes(),
            "application/json",
        );
    }
}

/// Checks and computes the change of versions.
fn version_bump(
    work: &mut Work<'_>,
    tree: Option<&dyn Tree>,
    place: Place<'_>,
) -> Result<Vec<Action>, ActionError> {
    let bump = payload::bump(work.payload()).ok_or(ActionError::Missing("version_bump_info"))?;
    place.check(&bump.files)?;
    work.report
        .checked("files whose version a task may change", bump.files.len());
    if bump.files.is_empty() {
        work.report
            .problem("the task lists no files whose version changes");
    }
    check_next(work, &bump, place)?;
    let Some(tree) = tree else {
        return Ok(Vec::new());
    };
    let how = How {
        place,
        without_builds: true,
        follows_suffix: true,
    };
    let looked = bump::look(tree, HEAD, &[bump], how)?;
    note(work, &looked);
    let commit = bump::commit(&looked, how);
    if let Some(Action::Commit { diff, .. }) = &commit {
        let diff = diff.clone().into_bytes();
        work.make("public/build/version-bump.diff", diff, "text/x-diff");
    }
    Ok(commit.into_iter().collect())
}

/// Checks that the next version is higher than that of the release. The real worker would leave the files as
/// they are, and succeed.
fn check_next(work: &mut Work<'_>, bump: &Bump, place: Place<'_>) -> Result<(), ActionError> {
    let version = work.staged.release.version.as_str();
    let mut compared = 0;
    for file in &bump.files {
        if file.ends_with("/manifest.json") {
            continue;
        }
        let next = place.version(file, &bump.next_version);
        let (next, now) = match (next, place.version(file, version)) {
            (Ok(next), Ok(now)) => (next, now),
            // Versions of Android's products are written in another way in some files.
            (Ok(_), Err(_)) => continue,
            (Err(error), _) => return Err(error),
        };
        compared += 1;
        if next <= now {
            work.report.problem(format!(
                "{file}: the next version {} is not higher than {version}, which is released: the worker would leave \
                 the file as it is",
                bump.next_version
            ));
        }
    }
    work.report
        .checked("the next version is higher than the released one", compared);
    Ok(())
}

/// Reports what became of files.
fn note(work: &mut Work<'_>, looked: &[Bumped]) {
    for one in looked {
        match &one.outcome {
            Outcome::Changed(from) => work
                .report
                .would
                .push(format!("{}: {from} would become {}", one.file, one.next)),
            Outcome::Same => work
                .report
                .would
                .push(format!("{} has {} already", one.file, one.next)),
            Outcome::Higher(now) => work.report.problem(format!(
                "{}: the next version {} is lower than {now}, which the file has",
                one.file, one.next
            )),
        }
    }
    work.report
        .checked("versions in files of the repository", looked.len());
}

/// Checks and computes tags.
fn tags(
    work: &mut Work<'_>,
    repository: &str,
    tree: Option<&dyn Tree>,
) -> Result<Vec<Action>, ActionError> {
    let info = payload::tags(work.payload());
    let (names, revision) = info.ok_or(ActionError::Missing("tag_info"))?;
    let actions = tag::actions(&names, revision)?;
    if revision.is_empty() {
        return Err(ActionError::Missing("tag_info.revision"));
    }
    let version = work.staged.release.version.clone();
    let made_of = &work.staged.release.revision;
    if !made_of.is_empty() && revision != made_of {
        work.report.warnings.push(format!(
            "the tags name {revision}, but the release is made of {made_of}"
        ));
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        let mut checks = vec![tag::check_name(name)];
        if !version.is_empty() {
            checks.push(tag::check_version(name, &version));
        }
        if !seen.insert(name) {
            checks.push(Err(tag::TagError::Twice((*name).to_owned())));
        }
        let key = format!("{repository}:{name}");
        let before = work.merged.get(TAGS, &key);
        let before = before.and_then(|entry| entry.value["target"].as_str());
        let existing = match tree {
            Some(tree) => tree.tag(name)?,
            None => None,
        };
        for at in before.map(str::to_owned).into_iter().chain(existing) {
            if at != revision {
                checks.push(Err(tag::TagError::Moved {
                    name: (*name).to_owned(),
                    at,
                    target: revision.to_owned(),
                }));
            }
        }
        for error in checks.into_iter().filter_map(Result::err) {
            work.report.problem(error.to_string());
        }
        work.change(TAGS, key, json!({"target": revision}));
    }
    work.report.checked(
        "each tag has a valid name of the version, and is set at only one commit",
        names.len(),
    );
    if tree.is_none() {
        work.report
            .unchecked
            .push("whether the tags exist in the repository".to_owned());
    }
    Ok(actions)
}

/// Checks and computes what happens on a merge day.
fn merge_day(work: &mut Work<'_>, tree: Option<&dyn Tree>) -> Result<Vec<Action>, ActionError> {
    let merge = payload::merge(work.payload()).ok_or(ActionError::Missing("merge_info"))?;
    for file in merge.lost_replacements() {
        work.report.problem(format!(
            "{file}: several texts are to be replaced, but the worker keeps only the last replacement"
        ));
    }
    work.report.checked(
        "files and texts that change on the merge day",
        merge.version_files.len() + merge.replacements.len() + merge.patterns.len(),
    );
    let Some(tree) = tree else {
        return Ok(Vec::new());
    };
    let today = work.definition["created"].as_str().unwrap_or_default();
    let planned = merge.plan(tree, today.get(..10).unwrap_or(today))?;
    note(work, &planned.bumped);
    Ok(planned.actions)
}

/// Checks what new revisions of translations would change.
fn l10n_bump(work: &mut Work<'_>, tree: Option<&dyn Tree>) -> Result<Vec<Action>, ActionError> {
    let changesets = payload::changesets(work.payload());
    if changesets.is_empty() {
        return Err(ActionError::Missing("l10n_bump_info"));
    }
    let flag = |name: &str| work.payload().get(name).and_then(Value::as_bool);
    let how = l10n::How {
        without_builds: flag("dontbuild").unwrap_or_default(),
        ignores_closed: flag("ignore_closed_tree").unwrap_or(true),
    };
    work.report
        .checked("files with revisions of translations", changesets.len());
    work.report.unchecked.push(
        "the new revision of the translations: it is in another repository, so `0` stands for it"
            .to_owned(),
    );
    let Some(tree) = tree else {
        return Ok(Vec::new());
    };
    let mut actions = Vec::new();
    for one in &changesets {
        actions.extend(l10n::commit(tree, HEAD, one, &"0".repeat(40), how)?);
    }
    Ok(actions)
}

/// Applies the differences of all commits to the files of the repository, one after another.
fn prove(work: &mut Work<'_>, tree: &dyn Tree, actions: &[Action]) {
    let mut changed: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut revision = HEAD;
    let mut count = 0;
    for action in actions {
        let diff = match action {
            Action::Merge { target, .. } => {
                revision = target;
                changed.clear();
                continue;
            }
            Action::Tag { .. } => continue,
            Action::Commit { diff, .. } => diff,
        };
        let applied = apply(diff, |file| match changed.get(file) {
            Some(content) => content.clone(),
            None => tree.file(revision, file).ok().flatten(),
        });
        match applied {
            Ok(files) => {
                count += files.len();
                changed.extend(files);
            }
            Err(error) => work.report.problem(format!(
                "a commit that the worker would send cannot be applied: {error}"
            )),
        }
    }
    work.report
        .checked("files to which the differences were applied", count);
}
