//! What the payload of a task asks for.

use std::collections::BTreeMap;

use super::bump::Bump;
use super::l10n::Changesets;
use super::merge_day::{Merge, Replacement, VersionFile};
use crate::base::value::Value;

/// A text; empty if it is missing.
fn text<'p>(value: &'p Value, key: &str) -> &'p str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The versions that files get; `None` if it is missing.
#[must_use]
pub fn bump(payload: &Value) -> Option<Bump> {
    let info = payload.get("version_bump_info")?;
    Some(Bump {
        next_version: text(info, "next_version").to_owned(),
        files: info["files"].texts().map(str::to_owned).collect(),
    })
}

/// The tags that are set, and the revision that they name.
#[must_use]
pub fn tags(payload: &Value) -> Option<(Vec<&str>, &str)> {
    let info = payload.get("tag_info")?;
    Some((info["tags"].texts().collect(), text(info, "revision")))
}

/// What happens on a merge day; `None` if it is missing.
#[must_use]
pub fn merge(payload: &Value) -> Option<Merge<'_>> {
    let info = payload.get("merge_info")?;
    let items = |key: &str| {
        info.get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let version_files = items("version_files").map(|file| VersionFile {
        file: text(file, "filename"),
        suffix: text(file, "new_suffix"),
        part: text(file, "version_bump"),
    });
    let replacements = |key: &str| -> Vec<Replacement<'_>> {
        items(key)
            .filter_map(
                |item| match item.as_array()?.iter().collect::<Vec<_>>()[..] {
                    [file, from, to] => Some((file.as_str()?, from.as_str()?, to.as_str()?)),
                    _ => None,
                },
            )
            .collect()
    };
    let flag = |key: &str| info.get(key).and_then(Value::as_bool);
    Some(Merge {
        to_branch: text(info, "to_branch"),
        to_revision: text(info, "to_revision"),
        from_branch: text(info, "from_branch"),
        from_revision: text(info, "from_revision"),
        version_from: text(info, "fetch_version_from"),
        end_tag: text(info, "end_tag"),
        base_tag: text(info, "base_tag"),
        merges: flag("merge_old_head").unwrap_or_default(),
        touches_clobber: flag("update_clobber_file").unwrap_or(true),
        version_files: version_files.collect(),
        replacements: replacements("replacements"),
        patterns: replacements("regex_replacements"),
    })
}

/// The files whose revisions of translations change.
#[must_use]
pub fn changesets(payload: &Value) -> Vec<Changesets<'_>> {
    let infos = payload.get("l10n_bump_info").and_then(Value::as_array);
    let infos = infos.into_iter().flatten();
    let read = infos.map(|info| {
        let configs = info.get("platform_configs").and_then(Value::as_array);
        let configs = configs.into_iter().flatten();
        let ignored = info.get("ignore_config").and_then(Value::as_object);
        let ignored = ignored.into_iter().flat_map(|map| map.keys());
        let ignored: BTreeMap<&str, Vec<&str>> = ignored
            .map(|locale| {
                (
                    locale.as_str(),
                    info["ignore_config"][locale.as_str()].texts().collect(),
                )
            })
            .collect();
        Changesets {
            path: text(info, "path"),
            name: text(info, "name"),
            platforms: configs
                .map(|config| (text(config, "path"), config["platforms"].texts().collect()))
                .collect(),
            ignored,
        }
    });
    read.collect()
}
