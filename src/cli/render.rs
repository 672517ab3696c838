//! Diagnostics as people read them.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource};

use crate::base::diagnostic::{Diagnostic, Diagnostics, Place};

/// How many columns a message may have before it is wrapped.
const WIDTH: usize = 100;

/// All diagnostics, each with the lines that it speaks of, and how many there are.
#[must_use]
pub fn diagnostics(all: &Diagnostics, colour: bool) -> String {
    let mut out = String::new();
    for diagnostic in all.iter() {
        out.push_str(one(diagnostic, colour).trim_end());
        out.push_str("\n\n");
    }
    out.push_str(&match all.len() {
        1 => "1 mistake; nothing was created".to_owned(),
        n => format!("{n} mistakes; nothing was created"),
    });
    out
}

fn one(diagnostic: &Diagnostic, colour: bool) -> String {
    let mut message = String::new();
    match (&diagnostic.kind, &diagnostic.task) {
        (Some(kind), Some(task)) => message = format!("kind `{kind}`, task `{task}`: "),
        (Some(kind), None) => message = format!("kind `{kind}`: "),
        (None, Some(task)) => message = format!("task `{task}`: "),
        (None, None) => {}
    }
    message.push_str(&diagnostic.message);
    if let Some(cause) = &diagnostic.cause {
        message.push_str("\n  because ");
        message.push_str(&cause.replace('\n', "\n  "));
    }
    let mut shown = MietteDiagnostic::new(message);
    if let Some(help) = &diagnostic.help {
        shown = shown.with_help(help.clone());
    }
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_context_lines(1);
    let mut out = String::new();
    let rendered = match &diagnostic.place {
        Some(place) => {
            let (start, length) = span(place);
            shown = shown.with_label(LabeledSpan::new(None, start, length));
            let source = NamedSource::new(&place.source.name, place.source.text.clone());
            let report = miette::Report::new(shown).with_source_code(source);
            handler.render_report(&mut out, report.as_ref())
        }
        None => handler.render_report(&mut out, &shown),
    };
    match rendered {
        Ok(()) => out,
        Err(_) => diagnostic.to_string(),
    }
}

/// The bytes of the word at a place.
fn span(place: &Place) -> (usize, usize) {
    let text = &place.source.text;
    let line_start: usize =
        text.split_inclusive('\n').take(place.line.saturating_sub(1)).map(str::len).sum();
    let line = text[line_start..].lines().next().unwrap_or_default();
    let before: usize =
        line.chars().take(place.column.saturating_sub(1)).map(char::len_utf8).sum();
    let rest = &line[before..];
    let word = rest.find([':', ' ', ',', '#']).filter(|end| *end > 0).unwrap_or(rest.len());
    (line_start + before, word.max(1).min(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::diagnostic::SourceFile;
    use crate::base::name::KindName;
    use std::sync::Arc;

    #[test]
    fn a_message_shows_the_line_that_it_speaks_of() {
        let source = Arc::new(SourceFile {
            name: "kinds/build/kind.yml".to_owned(),
            text: "tasks:\n    linux:\n        descripton: Build\n".to_owned(),
        });
        let kind = KindName::parse("build").ok();
        let mut diagnostic = Diagnostic::user("unknown key `descripton`")
            .in_task("linux")
            .at(Some(Place { source, line: 3, column: 9 }))
            .help("did you mean `description`?");
        diagnostic.kind = kind;
        let all = Diagnostics::from(diagnostic);
        insta::assert_snapshot!(diagnostics(&all, false), @r"
");
    }
}
