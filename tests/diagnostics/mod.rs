//! Every error in every schema of the program: a missing key, an unknown key, a value of another type.
//!
//! The test walks the static tables, so a new entry needs a case here ([`cases`]): a valid document.
//! Errors are introduced one at a time, at every key of the entry's schema and of the schemas in it.
//! Each must be reported with its file, line and column, and name the key, the kind and the task.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod actions;
mod cases;
mod document;
mod mistakes;
mod repository;

use cases::{Case, File};
use mistakes::Mistake;
use repository::Repository;

/// What is wrong with the report of a mistake, if anything.
fn check_mistake(case: &Case, mistake: &Mistake, repository: &Repository) -> Option<String> {
    let (text, places) = document::write(&mistake.document);
    let (line, column) = places[&mistake.at];
    let output = repository.diagnostics(case.file, &text);
    let about = |message: &str| message.contains(mistake.key);
    let Some(found) = output.iter().find(|d| {
        let place = d.place.as_ref();
        about(&d.message) && place.is_some_and(|p| (p.line, p.column) == (line, column))
    }) else {
        let output: Vec<_> = output.iter().map(ToString::to_string).collect();
        return Some(format!("not reported at {line}:{column}, but {output:#?}"));
    };
    let place = found.place.as_ref()?;
    if !case.file.path().ends_with(&place.source.name) {
        return Some(format!("reported in the file {}", place.source.name));
    }
    if place.source.text.lines().nth(line - 1) != text.lines().nth(line - 1) {
        return Some("another line is shown".to_owned());
    }
    let kind = found.kind.as_ref().map(ToString::to_string);
    let named = match case.file {
        File::Kind if case.task => kind.as_deref() == Some("k") && found.task.is_some(),
        File::Kind => kind.as_deref() == Some("k"),
        File::Config | File::Parameters => true,
    };
    (!named).then(|| format!("kind {kind:?} and task {:?} are named", found.task))
}

#[test]
fn every_error_in_every_schema_is_reported_with_its_place() {
    let repository = Repository::new();
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases::all() {
        for mistake in mistakes::of(&case) {
            count += 1;
            let complaint = check_mistake(&case, &mistake, &repository);
            wrong.extend(complaint.map(|why| {
                let at = mistake.at.join("/");
                format!(
                    "{}: `{}` is {} ({at}): {why}",
                    case.name, mistake.key, mistake.what
                )
            }));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 600, "only {count} mistakes were made");
}

#[test]
fn documents_without_errors_are_valid() {
    let repository = Repository::new();
    for case in cases::all().into_iter().filter(|case| case.right) {
        let (text, _) = document::write(&case.document);
        let diagnostics = repository.diagnostics(case.file, &text);
        assert!(
            diagnostics.is_empty(),
            "{}: {diagnostics:?}\n{text}",
            case.name
        );
    }
}
