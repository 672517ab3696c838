//! The digest of the input files of a task.

use super::batch::Batch;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::digest::sha256;
use crate::base::pattern::PathPattern;
use crate::transform::Item;

/// The digest of all tracked files that match any of these patterns.
///
/// It is the SHA-256 of one line per file, sorted by path: the SHA-256 of its content, and the path.
///
/// # Errors
/// If a pattern matches no file, or a file cannot be read.
pub fn digest_files(batch: &Batch<'_, '_>, item: &Item, patterns: &[&str]) -> Outcome<String> {
    let project = batch.context.project;
    let tracked = project.tracked.paths()?;
    let mut wrong = Diagnostics::new();
    let mut found = std::collections::BTreeSet::new();
    for pattern in patterns {
        let compiled = match PathPattern::new(pattern) {
            Ok(compiled) => compiled,
            Err(error) => {
                wrong.push(item.error_at("run.resources", error.to_string()));
                continue;
            }
        };
        let mut any = false;
        for path in tracked.iter().filter(|path| compiled.matches(path)) {
            any = true;
            found.insert(path.as_str());
        }
        if !any {
            wrong.push(
                item.error_at("run", format!("no tracked file matches `{pattern}`"))
                    .help(
                        "use a pattern relative to the root of the repository, and add new files to version control",
                    ),
            );
        }
    }
    let mut lines = String::new();
    for path in found {
        match project.tracked.digest(project.files, path) {
            Ok(digest) => lines.push_str(&format!("{digest} {path}\n")),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    wrong.or_ok(sha256(lines.as_bytes()))
}
