//! Takes out of a text what changes from run to run.

use std::path::Path;

use fancy_regex::Regex;

/// What is replaced, and by what.
static REPLACED: &[(&str, &str)] = &[
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    (r"\b[0-9a-f]{40}\b", "[REVISION]"),
    (
        r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw](?![A-Za-z0-9_-])",
        "[TASK-ID]",
    ),
];

/// The text without temporary paths, moments, ports, revisions and taskIds.
pub fn redacted(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    for path in [folder.canonicalize().unwrap(), folder.to_owned()] {
        text = text.replace(path.to_str().unwrap(), "[FOLDER]");
    }
    for (pattern, name) in REPLACED {
        let pattern = Regex::new(pattern).unwrap();
        text = pattern.replace_all(&text, *name).into_owned();
    }
    text
}

/// Status without the lines that only report the progress of a command; their order varies.
pub fn without_progress(text: &str) -> String {
    let lines = text.lines().filter(|line| {
        let line = line.trim_start_matches("[TIME]").trim_start();
        !line.starts_with("INFO ") && !line.starts_with("DEBUG ")
    });
    let mut lines: Vec<&str> = lines.collect();
    // Several tasks are under way at a time.
    for run in lines.chunk_by_mut(|a, b| is_log(a) && is_log(b)) {
        run.sort_unstable();
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn is_log(line: &str) -> bool {
    ["[TIME]", "WARN ", "ERROR "]
        .iter()
        .any(|start| line.starts_with(start))
}
