//! Pages name files, links and headings that exist.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages that people write, and those that are generated.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [
        root().to_owned(),
        root().join("docs"),
        root().join("docs/reference"),
    ] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(page: &Path) -> String {
    page.strip_prefix(root()).unwrap().display().to_string()
}

/// The text of a page without its code blocks.
fn prose(page: &Path) -> String {
    let text = fs::read_to_string(page).unwrap();
    let mut in_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push(line);
        }
    }
    lines.join("\n")
}

#[test]
fn sources_and_tests_that_pages_name_exist() {
    let mut missing = Vec::new();
    for page in pages() {
        for span in prose(&page).split('`').skip(1).step_by(2) {
            let path = span.split_whitespace().next().unwrap_or("");
            let is_ours = ["src/", "tests/", "benches/", ".ci/", "docker/decision/"]
                .iter()
                .any(|folder| path.starts_with(folder));
            if is_ours && !path.contains(['*', '…']) && !root().join(path).exists() {
                missing.push(format!("{}: {path}", name(&page)));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn links_between_pages_are_valid() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = prose(&page);
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(path)
            };
            let leads = target.exists()
                && (heading.is_empty() || headings(&prose(&target)).contains(heading));
            if !leads {
                broken.push(format!("{}: {link}", name(&page)));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The anchors of a page's headings, as GitHub derives them.
fn headings(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

/// The names of the calls in the table of docs/python.md.
fn documented_calls() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/python.md")).unwrap();
    let (_, table) = page
        .split_once("\n| Call | Arguments | Answer |\n")
        .unwrap();
    let rows = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .skip(1);
    let first = rows.map(|row| row.split('|').nth(1).unwrap());
    let names = first.flat_map(|cell| cell.split(','));
    names
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect()
}

#[test]
fn all_calls_of_the_worker_are_documented() {
    let main = fs::read_to_string(root().join("src/python/worker/main.py")).unwrap();
    let (_, table) = main.split_once("\nCALLS = {\n").unwrap();
    let (table, _) = table.split_once("\n}\n").unwrap();
    let called = table
        .lines()
        .map(|line| line.split('"').nth(1).unwrap().to_owned());
    let documented = documented_calls();
    // Those that are answered in other places of the worker.
    let elsewhere = ["parameters", "fork", "divide", "resume_action"];
    let called: BTreeSet<String> = called.chain(elsewhere.map(str::to_owned)).collect();
    assert_eq!(called, documented);
}
