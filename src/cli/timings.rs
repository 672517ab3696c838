//! Records how long phases, kinds and transforms take, for `--timings` and `--profile`.
//!
//! Events of the same target tell which lines of the project have taken the time of a worker ([`lines`]).
//!
//! The library opens spans of the target `timing`: `phase`, `kind`, `step` for a built-in transform, and
//! `python` for one that runs in a Python worker. Each is recorded when it closes.

mod lines;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::base::value::json;

/// The target of the spans.
pub const TARGET: &str = "timing";

/// The spans that have closed so far.
static RECORDER: LazyLock<Recorder> = LazyLock::new(Recorder::default);

/// Records spans when they close.
#[derive(Debug, Clone)]
struct Recorder {
    began: Instant,
    spans: Arc<Mutex<Vec<Span>>>,
    lines: Arc<Mutex<lines::Lines>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            spans: Arc::default(),
            lines: Arc::default(),
        }
    }
}

/// A closed span.
#[derive(Debug, Clone, Default)]
struct Span {
    name: &'static str,
    kind: String,
    what: String,
    tasks: u64,
    thread: u64,
    start: Duration,
    took: Duration,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "kind" => value.clone_into(&mut self.kind),
            "what" => value.clone_into(&mut self.what),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "tasks" {
            self.tasks = value;
        }
    }
}

impl<S: tracing::Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut span = Span {
            name: attributes.metadata().name(),
            start: self.began.elapsed(),
            thread: thread_number(),
            ..Span::default()
        };
        attributes.record(&mut span);
        if let Some(known) = context.span(id) {
            known.extensions_mut().insert(span);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(known) = context.span(id)
            && let Some(span) = known.extensions_mut().get_mut::<Span>()
        {
            values.record(span);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.add(event);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(known) = context.span(&id) else {
            return;
        };
        if let Some(mut span) = known.extensions_mut().remove::<Span>() {
            span.took = self.began.elapsed().saturating_sub(span.start);
            let mut spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
            spans.push(span);
        }
    }
}

/// A small number that identifies the current thread.
fn thread_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static OWN: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    OWN.with(|own| *own)
}

/// The layer of the log that records spans.
pub fn layer<S: tracing::Subscriber + for<'l> LookupSpan<'l>>() -> impl Layer<S> {
    RECORDER.clone()
}

/// Formats the recorded spans as a table of kinds and phases, and the lines of the project that took the time.
#[must_use]
pub fn table() -> String {
    let lines = RECORDER.lines.lock();
    let lines = lines.unwrap_or_else(PoisonError::into_inner).table();
    as_table(&recorded()) + &lines
}

/// Formats the recorded spans as Chrome's trace events.
#[must_use]
pub fn trace() -> String {
    as_trace(&recorded())
}

fn recorded() -> MutexGuard<'static, Vec<Span>> {
    let spans = RECORDER.spans.lock();
    spans.unwrap_or_else(PoisonError::into_inner)
}

/// The times of one kind.
#[derive(Default)]
struct Row {
    tasks: u64,
    whole: Duration,
    python: Duration,
    in_python: Vec<String>,
}

fn as_table(spans: &[Span]) -> String {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for span in spans.iter().filter(|span| !span.kind.is_empty()) {
        let row = rows.entry(&span.kind).or_default();
        match span.name {
            "kind" => {
                row.tasks += span.tasks;
                row.whole += span.took;
            }
            "python" => {
                row.python += span.took;
                if !span.what.is_empty() {
                    row.in_python.push(span.what.clone());
                }
            }
            _ => {}
        }
    }
    let width = rows.keys().map(|kind| kind.len()).max().unwrap_or(0).max(5);
    let mut text = format!(
        "{:width$}  {:>7}  {:>9}  {:>9}  {:>9}  in Python\n",
        "kind", "tasks", "ms", "native", "Python"
    );
    let mut total = Row::default();
    let line = |name: &str, row: &Row| {
        let native = row.whole.saturating_sub(row.python);
        format!(
            "{name:width$}  {:>7}  {:>9.1}  {:>9.1}  {:>9.1}  {}",
            row.tasks,
            ms(row.whole),
            ms(native),
            ms(row.python),
            row.in_python.join(", ")
        )
    };
    for (kind, row) in &rows {
        let _ = writeln!(text, "{}", line(kind, row).trim_end());
        total.tasks += row.tasks;
        total.whole += row.whole;
        total.python += row.python;
    }
    let _ = writeln!(text, "{}", line("all", &total).trim_end());
    for span in spans.iter().filter(|span| span.name == "phase") {
        let _ = writeln!(
            text,
            "{:width$}  {:>7}  {:>9.1}",
            span.what,
            "",
            ms(span.took)
        );
    }
    text.trim_end().to_owned()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn as_trace(spans: &[Span]) -> String {
    let events: Vec<_> = spans
        .iter()
        .map(|span| {
            let name = if span.what.is_empty() {
                &span.kind
            } else {
                &span.what
            };
            json!({
                "name": name,
                "cat": span.name,
                "ph": "X",
                "ts": ms(span.start) * 1000.0,
                "dur": ms(span.took) * 1000.0,
                "pid": 1,
                "tid": span.thread,
                "args": {"kind": span.kind, "tasks": span.tasks},
            })
        })
        .collect();
    json!({"traceEvents": events, "displayTimeUnit": "ms"}).to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name: &'static str, kind: &str, what: &str, took: u64) -> Span {
        Span {
            name,
            kind: kind.to_owned(),
            what: what.to_owned(),
            tasks: u64::from(name == "kind") * 3,
            took: Duration::from_millis(took),
            ..Span::default()
        }
    }

    #[test]
    fn the_table_separates_native_and_python_time() {
        let spans = [
            span("python", "build", "a.b:c", 2),
            span("step", "build", "run", 1),
            span("kind", "build", "", 5),
            span("kind", "fetch", "", 1),
            span("phase", "", "full", 9),
        ];
        assert_eq!(
            as_table(&spans),
            "kind     tasks         ms     native     Python  in Python\n\
             build        3        5.0        3.0        2.0  a.b:c\n\
             fetch        3        1.0        1.0        0.0\n\
             all          6        6.0        4.0        2.0\n\
             full                  9.0"
        );
    }

    #[test]
    fn a_trace_is_a_list_of_events() {
        let trace: crate::base::value::Value =
            serde_json::from_str(&as_trace(&[span("step", "build", "run", 1)])).unwrap();
        let event = &trace["traceEvents"][0];
        assert_eq!(event["name"], "run");
        assert_eq!(event["ph"], "X");
        assert_eq!(event["dur"], json!(1000.0));
        assert_eq!(event["args"]["kind"], "build");
    }
}
