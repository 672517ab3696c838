//! The lines of a project's own Python that take the time.
//!
//! Workers sample them (`python/worker/hot_lines.py`). What one event says is a line with the milliseconds of processor
//! time that it took, with what it calls outside of the project; one without a line is the time of all code of a worker.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};

/// How many lines are shown.
const MOST: usize = 10;

/// The smallest part of the time that is shown.
const LEAST: f64 = 0.02;

/// The time of each line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: BTreeMap<[String; 2], f64>,
    all: f64,
}

/// The fields of an event.
#[derive(Default)]
struct Fields {
    place: String,
    function: String,
    took: f64,
}

impl Visit for Fields {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "took" {
            self.took = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "what" => value.clone_into(&mut self.place),
            "function" => value.clone_into(&mut self.function),
            _ => {}
        }
    }
}

impl Lines {
    /// Adds what an event says.
    pub(super) fn add(&mut self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.add_time([fields.place, fields.function], fields.took);
    }

    fn add_time(&mut self, line: [String; 2], took: f64) {
        match line[0].is_empty() {
            true => self.all += took,
            false => *self.lines.entry(line).or_default() += took,
        }
    }

    /// Formats the lines that took the most time; empty if none took much.
    pub(super) fn table(&self) -> String {
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        lines.retain(|(_, took)| **took >= self.all * LEAST);
        lines.truncate(MOST);
        let mut text = String::new();
        for (number, ([place, function], took)) in lines.into_iter().enumerate() {
            if number == 0 {
                text.push_str(
                    "\n\n       ms  share  line of the project, with what it calls outside",
                );
            }
            let share = took / self.all.max(1.0) * 100.0;
            let _ = write!(text, "\n{took:>9.0}  {share:>4.0}%  {place} in {function}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_workers_are_added_up() {
        let mut lines = Lines::default();
        assert_eq!(lines.table(), "");
        let line = |place: &str| [place.to_owned(), "function".to_owned()];
        for (place, took) in [("a.py:1", 300.0), ("b.py:2", 500.0), ("", 1000.0)] {
            lines.add_time(line(place), took);
        }
        for (place, took) in [("a.py:1", 300.0), ("c.py:3", 10.0), ("", 1000.0)] {
            lines.add_time(line(place), took);
        }
        assert_eq!(
            lines.table(),
            "\n\n       ms  share  line of the project, with what it calls outside\
             \n      600    30%  a.py:1 in function\
             \n      500    25%  b.py:2 in function"
        );
    }
}
