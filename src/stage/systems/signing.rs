//! Signing: with the worthless key of the certificate where that is possible, else attested.

use crate::base::time::Timestamp;
use crate::base::value::{Value, json};
use crate::stage::keys::Hash;
use crate::stage::report::Table;
use crate::stage::signing::formats::{Method, method};
use crate::stage::signing::report::{How, Input, Step};
use crate::stage::signing::sign::{Request, sign as sign_files};
use crate::stage::source::no_artifact;
use crate::stage::work::Work;

/// The space of signed files.
pub const SPACE: &str = "signatures";

/// The certificates that may sign in a pool of workers without keys of production.
const DEP: &[&str] = &["dep"];

/// The certificates that may sign in a pool with keys of production.
const PRODUCTION: &[&str] = &[
    "dep",
    "nightly",
    "release",
    "production",
    "fennec-production",
];

/// The certificates that may sign in a pool.
pub fn certificates(pool: &str) -> &'static [&'static str] {
    let mut words = pool.split(['-', '/']);
    match words.any(|word| ["1", "dep", "t"].contains(&word)) {
        true => DEP,
        false => PRODUCTION,
    }
}

/// Signs the files of the payload.
pub fn sign(work: &mut Work<'_>) {
    let mut inputs = Vec::new();
    let upstream = work.payload()["upstreamArtifacts"].as_array();
    for artifacts in upstream.into_iter().flatten() {
        let task = artifacts["taskId"].as_str().unwrap_or_default();
        let texts = |name: &str| -> Vec<String> {
            let texts = artifacts[name].texts();
            texts.map(str::to_owned).collect()
        };
        let formats = texts("formats");
        let comment = artifacts["authenticode_comment"].as_str();
        for path in texts("paths") {
            match work.artifact(task, &path) {
                Some(content) => inputs.push((task, path, content, formats.clone(), comment)),
                None if artifacts["optional"] == true => {
                    work.report.would.push(format!(
                        "{path} is optional and missing, and would be skipped"
                    ));
                }
                None => work.report.problem(no_artifact(task, &path)),
            }
        }
    }
    if !work.report.problems.is_empty() {
        return;
    }
    let mut found = 0;
    for (task, path, content, formats, _) in &inputs {
        found += usize::from(is_notarized(formats) && was_signed(work, task, path, content));
    }
    work.report
        .checked("files to notarize were signed for macOS", found);
    let prefixes = prefixes(&work.staged.scopes);
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let files: Vec<Input<'_>> = inputs
        .iter()
        .map(|(_, path, content, formats, comment)| Input {
            path,
            content,
            formats,
            comment: *comment,
        })
        .collect();
    let request = Request {
        scopes: &work.staged.scopes,
        prefixes: &prefixes,
        certificates: certificates(&work.staged.pool),
        time: moment(work.definition),
    };
    work.report
        .checked("the type of each file against its formats", files.len());
    let signed = match sign_files(request, &files) {
        Ok(signed) => signed,
        Err(problems) => {
            work.report
                .problems
                .extend(problems.iter().map(ToString::to_string));
            return;
        }
    };
    let mut rows = Vec::new();
    let (mut real, mut attested) = (0, std::collections::BTreeSet::new());
    // The files are in the order of the payload.
    for ((task, ..), file) in inputs.iter().zip(signed.files) {
        for step in &file.steps {
            match &step.how {
                How::Signed { .. } => real += 1,
                How::Attested => {
                    attested.insert(step.method.name());
                }
            }
            rows.push(row(&file.path, step));
        }
        let formats: Vec<&str> = file.steps.iter().map(|step| step.format.as_str()).collect();
        let last = file.steps.last().map(|step| step.after.clone());
        let path = file.path.clone();
        work.change(
            SPACE,
            format!("{task}:{path}"),
            json!({"certificate": signed.certificate, "formats": formats, "sha256": last}),
        );
        for output in file.outputs {
            work.make(output.path, output.content, "application/octet-stream");
        }
    }
    for key in signed.keys {
        work.make(key.path, key.content, "text/plain");
    }
    work.report.checked("signatures made and verified", real);
    work.report.unchecked.extend(
        attested
            .into_iter()
            .map(|name| format!("{name}: not signed for real here, only attested")),
    );
    work.report.tables.push(table(rows));
}

/// Whether Apple notarizes a file that another task has signed.
fn is_notarized(formats: &[String]) -> bool {
    let methods: Vec<Method> = formats.iter().map(|format| method(format)).collect();
    let notarizes = methods.iter().any(|method| {
        matches!(
            method,
            Method::Notarize
                | Method::NotarizeDriver
                | Method::NotarizePlugin
                | Method::NotarizeStacked
        )
    });
    notarizes && !methods.contains(&Method::MacApp)
}

/// Finds out whether a file that Apple notarizes was signed for macOS before; reports it if not.
fn was_signed(work: &mut Work<'_>, task: &str, path: &str, content: &[u8]) -> bool {
    let hash = Hash::Sha256.hex(content);
    let is_same = |value: &Value| value.as_str() == Some(&hash);
    let (mut is_signed, mut is_known) = (false, false);
    for (_, entry) in work.merged.space(SPACE) {
        is_known |= entry.by.iter().any(|by| by.as_str() == task);
        let outputs = entry.value["outputs"].as_object().into_iter().flatten();
        is_signed |= outputs.into_iter().any(|(_, sum)| is_same(sum))
            || is_same(&entry.value["sha256"])
                && entry.value["formats"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|format| {
                        format
                            .as_str()
                            .is_some_and(|name| method(name) == Method::MacApp)
                    });
    }
    if is_signed {
        return true;
    }
    if is_known {
        work.report.problem(format!(
            "{path} was not signed for macOS by the task {task}; Apple does not notarize it"
        ));
    } else {
        work.report.unchecked.push(format!(
            "whether {path} was signed for macOS: the task {task} is not staged"
        ));
    }
    false
}

/// The time of signatures that have one, in seconds since 1970: when the task was created.
pub fn moment(definition: &Value) -> u32 {
    let created = definition["created"].as_str().and_then(Timestamp::parse);
    let time = created.map_or(0, |time| time.moment().timestamp());
    u32::try_from(time).unwrap_or_default()
}

/// A step of signing, for the table.
pub fn row(path: &str, step: &Step) -> Vec<String> {
    let how = match &step.how {
        How::Signed { certificate, key } => {
            format!("signed with the key {key} of {certificate}, and verified")
        }
        How::Attested => "attested".to_owned(),
    };
    vec![
        path.to_owned(),
        step.format.clone(),
        how,
        step.before.clone(),
        step.after.clone(),
        step.notes.join("; "),
    ]
}

/// The table of all steps.
pub fn table(rows: Vec<Vec<String>>) -> Table {
    Table {
        title: "Signatures".to_owned(),
        columns: vec![
            "File",
            "Format",
            "How",
            "SHA-256 before",
            "SHA-256 after",
            "Notes",
        ],
        rows,
    }
}

/// The prefixes that the scopes of a task have.
pub fn prefixes(scopes: &[String]) -> Vec<String> {
    let ends = scopes.iter().filter_map(|scope| {
        let at = scope.find(":signing:")?;
        Some(scope[..at + ":signing:".len()].to_owned())
    });
    let mut all: Vec<String> = ends.collect();
    all.sort();
    all.dedup();
    all
}
