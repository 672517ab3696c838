//! Repositories.

use std::collections::BTreeMap;

use serde_json::Value;
use snowman::base::value::Value as Ours;
use snowman::stage::trees::access::Asked;
use snowman::stage::trees::action::{Action, ActionError};
use snowman::stage::trees::bump::{self, Bump, How};
use snowman::stage::trees::merge_day::{Merge, Replacement, VersionFile};
use snowman::stage::trees::place::Place;
use snowman::stage::trees::tree::{Tree, TreeError};
use snowman::stage::trees::{diff, tag};

use super::row::{Malformed, Table, Verdict, list, mapping, text, texts};

pub const TABLES: &[Table] = &[
    Table::of_rows("lando-diffs.json", difference),
    Table::of_rows("lando-merge-day.json", merge_day),
    Table::of_rows("lando-tag-and-scopes.json", tag_or_scopes),
    Table::of_rows("lando-version-bump.json", version_bump),
];

/// The files of a row, the same at each revision.
struct Files<'r>(BTreeMap<&'r str, &'r str>);

impl<'r> Files<'r> {
    fn of(row: &'r Value) -> Result<Self, Malformed> {
        let files = mapping(row, "files")?.iter();
        let files = files.filter_map(|(name, content)| Some((name.as_str(), content.as_str()?)));
        Ok(Self(files.collect()))
    }
}

impl Tree for Files<'_> {
    fn file(&self, _: &str, path: &str) -> Result<Option<String>, TreeError> {
        Ok(self.0.get(path).map(|&content| content.to_owned()))
    }

    fn content(&self, _: &str, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        Ok(self.0.get(path).map(|content| content.as_bytes().to_vec()))
    }

    fn files(&self, _: &str, folder: &str) -> Result<Vec<String>, TreeError> {
        let below = format!("{folder}/");
        let files = self.0.keys().filter(|path| path.starts_with(&below));
        Ok(files.map(|path| (*path).to_owned()).collect())
    }

    fn head(&self, branch: &str) -> Result<String, TreeError> {
        Ok(format!("head-of-{branch}"))
    }

    fn tag(&self, _: &str) -> Result<Option<String>, TreeError> {
        Ok(None)
    }
}

fn difference(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let ours = diff::of_file("f/x.txt", text(row, "old")?, text(row, "new")?);
        Ok(Verdict::equal("diff", &ours.into(), &row["diff"]))
    })
}

/// The actions as the table has them.
fn answer(ours: Result<Vec<Action>, ActionError>, theirs: &Value) -> Verdict {
    let ours = ours
        .map(|actions| {
            let actions = actions.iter().map(|action| action.to_json().to_string());
            let actions = actions.map(|text| serde_json::from_str(&text).unwrap_or(Value::Null));
            actions.collect::<Value>()
        })
        .map_err(|error| error.production_message());
    Verdict::answer("actions", ours, theirs)
}

fn version_bump(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let files = Files::of(row)?;
        let how = How {
            place: Place::Gecko,
            without_builds: true,
            follows_suffix: true,
        };
        let bump = Bump {
            next_version: text(row, "next_version")?.to_owned(),
            files: mapping(row, "files")?.keys().cloned().collect(),
        };
        let looked = bump::look(&files, "head", &[bump], how);
        let ours = looked.map(|looked| bump::commit(&looked, how).into_iter().collect());
        Ok(answer(ours, &row["result"]))
    })
}

fn tag_or_scopes(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        if row.get("tags").is_some() {
            let ours = tag::actions(&texts(row, "tags")?, text(row, "revision")?);
            return Ok(answer(ours, &row["result"]));
        }
        let payload: Ours = row["payload"].clone().into();
        let asked = Asked {
            repository: text(row, "lando_repo")?,
            actions: &texts(row, "actions")?,
            payload: &payload,
        };
        let ours = asked.check(&texts(row, "scopes")?);
        let ours = ours.map(|()| Value::Null);
        let ours = ours.map_err(|error| error.production_message());
        Ok(Verdict::answer("check", ours, &row["check"]))
    })
}

fn merge_day(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let files = Files::of(row)?;
        let info = &row["merge_info"];
        let field = |name: &str| info[name].as_str().unwrap_or_default();
        let replacements = |name: &str| -> Result<Vec<Replacement<'_>>, Malformed> {
            if info.get(name).is_none() {
                return Ok(Vec::new());
            }
            let items = list(info, name)?.iter();
            let items = items.map(|item| match item.as_array().map(Vec::as_slice) {
                Some([Value::String(file), Value::String(from), Value::String(to)]) => {
                    Ok((file.as_str(), from.as_str(), to.as_str()))
                }
                _ => Err("replacements are three texts".to_owned()),
            });
            items.collect()
        };
        let version_files = info["version_files"].as_array().into_iter().flatten();
        let version_files = version_files.map(|file| {
            let field = |name: &str| file[name].as_str().unwrap_or_default();
            VersionFile {
                file: field("filename"),
                suffix: field("new_suffix"),
                part: field("version_bump"),
            }
        });
        let merge = Merge {
            to_branch: field("to_branch"),
            to_revision: field("to_revision"),
            from_branch: field("from_branch"),
            from_revision: field("from_revision"),
            version_from: field("fetch_version_from"),
            end_tag: field("end_tag"),
            base_tag: field("base_tag"),
            merges: info["merge_old_head"].as_bool().unwrap_or_default(),
            touches_clobber: info["update_clobber_file"].as_bool().unwrap_or(true),
            version_files: version_files.collect(),
            replacements: replacements("replacements")?,
            patterns: replacements("regex_replacements")?,
        };
        let planned = merge.plan(&files, text(row, "today_in_clobber")?);
        Ok(answer(
            planned.map(|planned| planned.actions),
            &row["result"],
        ))
    })
}
