//! Renders diagnostics for a terminal.

use std::collections::BTreeMap;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource};

use crate::base::diagnostic::{Class, Diagnostic, Diagnostics, Place, SourceFile};
use crate::base::text::{on_lines, on_one_line};

/// The column at which messages are wrapped.
const WIDTH: usize = 100;

/// The largest number of characters shown of a source line.
const MAX_LINE: usize = 150;

/// The effect of a command, which a failure may have prevented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It only shows something.
    Show,
    /// It creates tasks.
    Create,
    /// It runs an action, whose effect may be other than creating tasks.
    Act,
}

/// Renders all diagnostics with the source lines that they refer to, their number, and the tasks that
/// exist despite the failure.
///
/// The same diagnostic in several tasks, such as one in their defaults, is rendered once.
#[must_use]
pub fn diagnostics(all: &Diagnostics, purpose: Purpose, colour: bool) -> String {
    let mut out = String::new();
    let groups = group_equal(all);
    for group in &groups {
        out.push_str(render_one(group, colour).trim_end());
        out.push_str("\n\n");
    }
    out.push_str(&summary(&groups, all, purpose));
    out
}

/// Renders the number of all diagnostics, and the tasks that exist despite the failure.
#[must_use]
pub fn count(all: &Diagnostics, purpose: Purpose) -> String {
    summary(&group_equal(all), all, purpose)
}

fn summary(groups: &[Group<'_>], all: &Diagnostics, purpose: Purpose) -> String {
    let mut out = count_by_class(groups);
    if let Some(outcome) = remaining_effect(all.summary(), purpose) {
        out.push_str("; ");
        out.push_str(&outcome);
    }
    out
}

/// A diagnostic, and the number of further tasks that have it.
struct Group<'d> {
    first: &'d Diagnostic,
    more: usize,
}

/// Groups diagnostics that differ only in kind and task, and, if they have a cause, in place.
fn group_equal(all: &Diagnostics) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known = BTreeMap::new();
    for diagnostic in all.iter() {
        // Diagnostics with the same cause are equal wherever they appear.
        let place = match (&diagnostic.cause, &diagnostic.place) {
            (None, Some(place)) => Some((&place.source.name, place.line, place.column)),
            _ => None,
        };
        let Diagnostic {
            class,
            message,
            help,
            cause,
            ..
        } = diagnostic;
        let index = *known
            .entry((class, message, help, cause, place))
            .or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) if diagnostic.task.is_some() => group.more += 1,
            Some(_) => {}
            None => groups.push(Group {
                first: diagnostic,
                more: 0,
            }),
        }
    }
    groups
}

fn count_by_class(groups: &[Group<'_>]) -> String {
    let number = |classes: &[Class], one: &str, many: &str| {
        let is_counted = |group: &&Group<'_>| classes.contains(&group.first.class);
        match groups.iter().filter(is_counted).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        }
    };
    let parts = [
        number(&[Class::User, Class::Usage], "error", "errors"),
        number(&[Class::Environment], "failure", "failures"),
        number(
            &[Class::Bug],
            "bug in snowman (please report it)",
            "bugs in snowman (please report them)",
        ),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Describes what exists after the failure; nothing for commands that only show something.
fn remaining_effect(summary: Option<&str>, purpose: Purpose) -> Option<String> {
    match (summary, purpose) {
        (Some(summary), _) => Some(summary.to_owned()),
        (None, Purpose::Show) => None,
        (None, Purpose::Create) => Some("nothing was created".to_owned()),
        (None, Purpose::Act) => Some("nothing was done".to_owned()),
    }
}

fn render_one(group: &Group<'_>, colour: bool) -> String {
    let diagnostic = group.first;
    let task = diagnostic.task.as_ref().map(|task| on_one_line(task));
    let more = match group.more {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let mut message = String::new();
    match (&diagnostic.kind, &task) {
        (Some(kind), Some(task)) => message = format!("kind `{kind}`, task `{task}`{more}: "),
        (Some(kind), None) => message = format!("kind `{kind}`: "),
        (None, Some(task)) => message = format!("task `{task}`{more}: "),
        (None, None) => {}
    }
    message.push_str(&diagnostic.message);
    if let Some(cause) = &diagnostic.cause {
        message.push_str("\n  cause: ");
        message.push_str(&cause.replace('\n', "\n  "));
    }
    // The margins of messages and help are 4 and 8 columns wide.
    let mut shown = MietteDiagnostic::new(wrap(&on_lines(&message), WIDTH - 4));
    if let Some(help) = &diagnostic.help {
        shown = shown.with_help(wrap(&on_lines(help), WIDTH - 8));
    }
    let theme = if colour {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(WIDTH)
        .with_wrap_lines(false)
        .with_context_lines(1);
    let mut out = String::new();
    let rendered = match &diagnostic.place {
        // The line would be cut off before this column.
        Some(place) if place.column > MAX_LINE => {
            shown.message.push_str(&format!("\n  at {place}"));
            handler.render_report(&mut out, &shown)
        }
        Some(place) => {
            let place = &shown_lines(place);
            let (start, length) = span(place);
            shown = shown.with_label(LabeledSpan::new(None, start, length));
            let name = on_one_line(&place.source.name);
            let source = NamedSource::new(name, place.source.text.clone());
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

/// Wraps lines at spaces only, so that names and commands stay whole.
fn wrap(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let margin = &line[..line.len() - line.trim_start().len()];
        let mut current = margin.to_owned();
        for word in line.split_whitespace() {
            let long = current.chars().count() + word.chars().count() + 1 > width;
            if long && current.len() > margin.len() {
                lines.push(std::mem::replace(&mut current, margin.to_owned()));
            }
            if current.len() > margin.len() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines.join("\n")
}

/// Returns the place in a copy of its source whose lines have at most [`MAX_LINE`] characters, none of
/// which controls the terminal.
fn shown_lines(place: &Place) -> Place {
    // One character each, since a column is a number of characters.
    let text = place.source.text.replace(
        |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'),
        "\u{fffd}",
    );
    let text = text
        .lines()
        .map(|line| match line.char_indices().nth(MAX_LINE) {
            Some((end, _)) => format!("{}…\n", &line[..end]),
            None => format!("{line}\n"),
        });
    Place {
        source: Arc::new(SourceFile {
            name: place.source.name.clone(),
            text: text.collect(),
        }),
        ..*place
    }
}

/// Returns the start and length, in bytes, of the word at a place.
fn span(place: &Place) -> (usize, usize) {
    let text = &place.source.text;
    let line_start: usize = text
        .split_inclusive('\n')
        .take(place.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let line = text[line_start..].lines().next().unwrap_or_default();
    let before: usize = line
        .chars()
        .take(place.column.saturating_sub(1))
        .map(char::len_utf8)
        .sum();
    let rest = &line[before..];
    // A colon at the end of a word ends a key; elsewhere it is part of the word, as in references.
    let word = rest
        .find([' ', '\t', ',', ']', '}'])
        .filter(|end| *end > 0)
        .unwrap_or(rest.len());
    // A comment is one word: directives are comments.
    let word = if rest.starts_with('#') {
        rest.len()
    } else {
        word
    };
    let word = rest[..word].trim_end_matches(':').len();
    (line_start + before, word.max(1).min(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::name::KindName;

    #[test]
    fn the_summary_follows_the_number_of_failures() {
        let all = Diagnostics::from(Diagnostic::environment("the task could not be created"));
        let all = all.with_summary("2 of 3 tasks exist\nA rerun creates the rest");
        assert!(
            diagnostics(&all, Purpose::Create, false)
                .ends_with("\n\n1 failure; 2 of 3 tasks exist\nA rerun creates the rest")
        );
        let none = Diagnostics::from(Diagnostic::bug("no"));
        assert!(
            diagnostics(&none, Purpose::Act, false)
                .ends_with("(please report it); nothing was done")
        );
    }

    #[test]
    fn diagnostics_with_the_same_cause_are_rendered_once() {
        let task = |name: &str| {
            Diagnostic::environment("the task could not be created")
                .in_task(name)
                .because("no connection")
        };
        let mut all = Diagnostics::from(task("a"));
        all.push(task("b"));
        all.push(Diagnostic::user("something else").in_task("c"));
        all.push(task("d"));
        insta::assert_snapshot!(diagnostics(&all, Purpose::Create, false), @"
          × task `a` and 2 more: the task could not be created
          │   cause: no connection

          × task `c`: something else

        1 error, 1 failure; nothing was created
        ");
    }

    #[test]
    fn lines_are_wrapped_at_spaces_only() {
        assert_eq!(
            wrap("skip-unless-changed a/b c", 12),
            "skip-unless-changed\na/b c"
        );
        assert_eq!(wrap("  cause: one two", 12), "  cause: one\n  two");
        assert_eq!(wrap("a\n\nb", 12), "a\n\nb");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let source = Arc::new(SourceFile {
            name: "a\u{1b}[31m.yml".to_owned(),
            text: "first\r\nkey: \u{9b}31m\u{7} value\n".to_owned(),
        });
        let wrong = Diagnostic::user("\u{1b}[31mwrong\u{8}")
            .because("\u{1b}]0;title\u{7}")
            .help("\u{7f}")
            .in_task("a\nb")
            .at(Some(Place {
                source,
                line: 2,
                column: 6,
            }));
        let rendered = diagnostics(&Diagnostics::from(wrong), Purpose::Show, false);
        assert!(
            !rendered.contains(|c: char| c.is_control() && c != '\n'),
            "{rendered:?}"
        );
        for told in [
            r"\u{1b}[31mwrong\u{8}",
            r"task `a\nb`",
            r"\u{7f}",
            "key: \u{fffd}31m",
        ] {
            assert!(rendered.contains(told), "{told}: {rendered}");
        }
    }

    #[test]
    fn a_message_shows_the_line_that_it_refers_to() {
        let source = Arc::new(SourceFile {
            name: "kinds/build/kind.yml".to_owned(),
            text: "tasks:\n    linux:\n        descripton: Build\n".to_owned(),
        });
        let kind = KindName::parse("build").ok();
        let mut diagnostic = Diagnostic::user("unknown key `descripton`")
            .in_task("linux")
            .at(Some(Place {
                source,
                line: 3,
                column: 9,
            }))
            .help("did you mean `description`?");
        diagnostic.kind = kind;
        let all = Diagnostics::from(diagnostic);
        insta::assert_snapshot!(diagnostics(&all, Purpose::Show, false), @"
          × kind `build`, task `linux`: unknown key `descripton`
           ╭─[kinds/build/kind.yml:3:9]
         2 │     linux:
         3 │         descripton: Build
           ·         ──────────
           ╰────
          help: did you mean `description`?

        1 error
        ");
    }
}
