//! Writes the log: a line for people, or a JSON object, for each event.
//!
//! Lines for people begin with the time only in tasks, where nobody watches them appear.

use std::fmt::{self, Debug, Write as _};
use std::io::Write as _;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::args::common::LogFormat;
use crate::base::diagnostic::{Class, Diagnostic};
use crate::base::json::compact;
use crate::base::text::on_lines;
use crate::base::value::{Object, Value, json};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::mask::Mask;

/// How lines of the log look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Their form.
    pub format: LogFormat,
    /// Whether levels are coloured.
    pub colour: bool,
    /// Whether lines begin with the time.
    pub times: bool,
}

/// Writes each event to standard error, without secrets.
pub struct LogLines {
    /// How lines look.
    pub style: Style,
    /// The secrets.
    pub mask: Arc<Mask>,
}

impl<S: Subscriber> Layer<S> for LogLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = self.line(*event.metadata().level(), &fields);
        // An error here could not be printed either.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

impl LogLines {
    fn line(&self, level: Level, fields: &Fields) -> String {
        // Before quotes and control characters in secrets are escaped.
        let fields = Fields {
            message: self.mask.text(&fields.message).into_owned(),
            others: masked(&fields.others, &self.mask),
        };
        let line = match self.style.format {
            LogFormat::Json => json_line(level.as_str(), &fields.message, fields.others),
            LogFormat::Text => text_line(self.style, level, &fields),
        };
        self.mask.text(&line).into_owned()
    }
}

/// The message and the fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Object,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value.as_str().unwrap_or_default().to_owned();
        } else {
            self.others.insert(field.name(), value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.record_debug(field, &value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, json!(value));
    }
}

/// A JSON object with the time, on one line.
#[must_use]
pub fn json_line(level: &str, message: &str, fields: Object) -> String {
    let mut line = Object::new();
    line.insert("time", json!(SystemClock.now().to_string()));
    line.insert("level", json!(level));
    line.insert("message", json!(message));
    line.insert("fields", Value::from(fields));
    compact(&Value::from(line))
}

/// Masks secrets before quotes and the like in them are escaped.
fn masked(fields: &Object, mask: &Mask) -> Object {
    let mut out = Object::new();
    for (name, value) in fields {
        let value = match value.as_str() {
            Some(text) => json!(mask.text(text).as_ref()),
            None => value.clone(),
        };
        out.insert(name.clone(), value);
    }
    out
}

/// The fields of a diagnostic.
#[must_use]
pub fn fields_of(diagnostic: &Diagnostic) -> Object {
    let mut fields = Object::new();
    let class = match diagnostic.class {
        Class::User => "user",
        Class::Usage => "usage",
        Class::Environment => "environment",
        Class::Bug => "bug",
    };
    fields.insert("class", json!(class));
    if let Some(kind) = &diagnostic.kind {
        fields.insert("kind", json!(kind.as_str()));
    }
    if let Some(place) = &diagnostic.place {
        fields.insert("file", json!(place.source.name.as_str()));
        fields.insert("line", json!(place.line));
        fields.insert("column", json!(place.column));
    }
    let texts = [
        ("task", &diagnostic.task),
        ("cause", &diagnostic.cause),
        ("help", &diagnostic.help),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            fields.insert(name, json!(text.as_str()));
        }
    }
    fields
}

fn text_line(style: Style, level: Level, fields: &Fields) -> String {
    let mut line = String::new();
    if style.times {
        let time = SystemClock.now().strftime("%Y-%m-%dT%H:%M:%SZ");
        let _ = write!(line, "{} ", Coloured(&time, style.colour.then_some("2")));
    }
    let colour = match level {
        Level::ERROR => "31",
        Level::WARN => "33",
        Level::INFO => "32",
        Level::DEBUG => "34",
        Level::TRACE => "35",
    };
    // Aligned below each other, if something is before them.
    let name = match style.times {
        true => format!("{level:>5}"),
        false => level.to_string(),
    };
    let colour = style.colour.then_some(colour);
    let _ = write!(
        line,
        "{} {}",
        Coloured(&name, colour),
        on_lines(&fields.message)
    );
    for (name, value) in &fields.others {
        let _ = write!(line, " {name}={}", on_lines(&value.to_string()));
    }
    line
}

/// A text in a colour, if one is given.
struct Coloured<'t>(&'t str, Option<&'static str>);

impl fmt::Display for Coloured<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(colour) => write!(f, "\u{1b}[{colour}m{}\u{1b}[0m", self.0),
            None => f.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::environment::Environment;

    fn lines(format: LogFormat, environment: &Environment) -> LogLines {
        LogLines {
            style: Style {
                format,
                colour: false,
                times: false,
            },
            mask: Arc::new(Mask::from_environment(environment)),
        }
    }

    fn fields(message: &str, field: &str) -> Fields {
        let mut others = Object::new();
        others.insert("file", json!(field));
        Fields {
            message: message.to_owned(),
            others,
        }
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let log = lines(LogFormat::Text, &Environment::default());
        let message = "a\u{1b}[31m\u{7}\u{8}\u{7f}\u{9b}b\n\tc";
        let line = log.line(Level::INFO, &fields(message, "\u{1b}\u{7f}\u{9b}"));
        assert_eq!(
            line,
            "INFO a\\u{1b}[31m\\u{7}\\u{8}\\u{7f}\\u{9b}b\n\tc file=\"\\u001b\\u{7f}\\u{9b}\""
        );
    }

    #[test]
    fn secrets_are_masked_before_they_are_escaped() {
        let secret = "quote\" and \u{1b} escape";
        let environment = Environment::default().with("A_TOKEN", secret);
        for format in [LogFormat::Text, LogFormat::Json] {
            let line = lines(format, &environment).line(Level::INFO, &fields(secret, secret));
            assert!(
                !line.contains("quote") && !line.contains("escape"),
                "{line}"
            );
            assert_eq!(line.matches("[masked]").count(), 2, "{line}");
        }
    }

    #[test]
    fn objects_are_on_one_line() {
        let mut fields = Object::new();
        fields.insert("tasks", json!(3));
        let line = json_line("INFO", "two\nlines \"quoted\"", fields);
        assert!(!line.contains('\n'), "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["level"], "INFO");
        assert_eq!(value["message"], "two\nlines \"quoted\"");
        assert_eq!(value["fields"]["tasks"], 3);
        assert!(value["time"].as_str().unwrap().ends_with('Z'));
    }
}
