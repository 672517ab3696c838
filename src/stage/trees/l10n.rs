//! Commits that change the revisions of translations.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, ActionError};
use super::diff;
use super::tree::Tree;
use crate::base::json;
use crate::base::value::{Value, json};
use crate::stage::python_json;

/// A file with revisions of translations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changesets<'a> {
    /// The file.
    pub path: &'a str,
    /// Its name for people.
    pub name: &'a str,
    /// Lists of locales, with the platforms that they are for.
    pub platforms: Vec<(&'a str, Vec<&'a str>)>,
    /// The platforms that a locale is not for.
    pub ignored: BTreeMap<&'a str, Vec<&'a str>>,
}

/// How the commit is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct How {
    /// Whether it asks for no builds.
    pub without_builds: bool,
    /// Whether it is made although the tree is closed.
    pub ignores_closed: bool,
}

/// The commit that sets a revision for all locales; `None` if nothing changes.
///
/// # Errors
/// [`ActionError`].
pub fn commit(
    tree: &dyn Tree,
    revision: &str,
    changesets: &Changesets<'_>,
    new_revision: &str,
    how: How,
) -> Result<Option<Action>, ActionError> {
    let read = |path: &str| -> Result<String, ActionError> {
        let content = tree.file(revision, path)?;
        content.ok_or_else(|| ActionError::NoFile(path.to_owned()))
    };
    let wrong = || ActionError::Changesets(changesets.path.to_owned());
    let old = read(changesets.path)?;
    let old = json::read(changesets.path, old.as_bytes()).map_err(|_| wrong())?;
    let old_map = old.as_object().ok_or_else(wrong)?;
    let mut platforms: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (path, names) in &changesets.platforms {
        let content = read(path)?;
        let locales = diff::lines(&content).into_iter();
        for locale in locales.filter(|locale| *locale != "en-US") {
            let known = platforms.entry(locale.to_owned()).or_default();
            known.extend(names.iter().copied());
            for ignored in changesets.ignored.get(locale).into_iter().flatten() {
                known.remove(ignored);
            }
        }
    }
    let new = platforms.iter().map(|(locale, names)| {
        let names: Vec<&str> = names.iter().copied().collect();
        let value = json!({"pin": false, "platforms": names, "revision": new_revision});
        (locale.clone(), value)
    });
    let new: crate::base::value::Object = new.collect();
    let mut changes: BTreeMap<&str, String> = BTreeMap::new();
    let removed = old_map.keys().filter(|locale| !new.contains_key(locale));
    changes.extend(removed.map(|locale| (locale.as_str(), "removed".to_owned())));
    for (locale, value) in new.iter() {
        let before = &old[locale.as_str()];
        if before["revision"] != value["revision"] {
            changes.insert(locale, new_revision.to_owned());
        }
        if before["platforms"] != value["platforms"] {
            changes.insert(locale, crate::base::value::py_str(&value["platforms"]));
        }
    }
    let (before, after) = (pretty(&old), pretty(&Value::Object(new.clone())));
    if sorted(&old) == sorted(&Value::Object(new.clone())) {
        return Ok(None);
    }
    let mut message = format!("No Bug - Bumping {} r=release a=l10n-bump", changesets.name);
    if how.without_builds {
        message.push_str(" DONTBUILD");
    }
    if how.ignores_closed {
        message.push_str(" CLOSED TREE");
    }
    message.push_str("\n\n");
    for (locale, change) in changes {
        message.push_str(&format!("{locale} -> {change}\n"));
    }
    Ok(Some(Action::Commit {
        message,
        diff: diff::of_file(changesets.path, &before, &after),
    }))
}

fn pretty(value: &Value) -> String {
    python_json::indented(value, 4)
}

fn sorted(value: &Value) -> String {
    json::compact_sorted(value)
}
