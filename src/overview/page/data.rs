//! The block with the details of all tasks, in the order of the rows. Texts that occur often are written once.

use std::collections::BTreeMap;

use super::facets::FACETS;
use crate::base::json::compact;
use crate::base::value::{Value, json};
use crate::overview::model::{Event, Fate, Origin, Overview, ReleaseView, Report, TaskView};

/// Texts, each with its number.
#[derive(Default)]
struct Texts {
    numbers: BTreeMap<String, usize>,
    list: Vec<String>,
}

impl Texts {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.list.len();
        self.numbers.insert(text.to_owned(), number);
        self.list.push(text.to_owned());
        number
    }

    fn numbers(&mut self, texts: &[String]) -> Vec<usize> {
        texts.iter().map(|text| self.number(text)).collect()
    }
}

/// The block, as it may stand in a script element: no `<` in it can end the element or begin a comment.
pub fn block(overview: &Overview) -> String {
    let mut texts = Texts::default();
    let mut tasks = Vec::new();
    let mut first = 0;
    for release in &overview.releases {
        let rows: BTreeMap<&str, usize> = release
            .tasks
            .iter()
            .enumerate()
            .map(|(at, task)| (task.label.as_str(), first + at))
            .collect();
        for one in &release.tasks {
            tasks.push(task(one, release, &rows, &mut texts));
        }
        first += release.tasks.len();
    }
    let facets: Vec<&str> = FACETS.iter().map(|facet| facet.name).collect();
    let data = json!({"facets": facets, "texts": texts.list, "tasks": tasks});
    compact(&data).replace('<', "\\u003c")
}

fn task(
    task: &TaskView,
    release: &ReleaseView,
    rows: &BTreeMap<&str, usize>,
    texts: &mut Texts,
) -> Value {
    let facets: Vec<Vec<usize>> = FACETS
        .iter()
        .map(|facet| texts.numbers(&(facet.of)(task, release)))
        .collect();
    let events: Vec<Value> = task
        .events
        .iter()
        .map(|one| event(one, release, rows, texts))
        .collect();
    let dependencies = task.dependencies.iter();
    let dependencies: Vec<usize> = dependencies
        .filter_map(|to| rows.get(to.as_str()).copied())
        .collect();
    let mut value = json!({"label": task.label, "facets": facets, "events": events});
    if !dependencies.is_empty() {
        value["needs"] = json!(dependencies);
    }
    if !task.pool.is_empty() {
        value["pool"] = json!(texts.number(&task.pool));
    }
    if let Some(seconds) = task.seconds {
        value["seconds"] = json!(seconds);
    }
    if !task.system.is_empty() {
        value["system"] = json!(texts.number(&task.system));
    }
    if !task.shipping_phase.is_empty() {
        value["belongs"] = json!(texts.number(&task.shipping_phase));
    }
    if let Some(one) = &task.report {
        value["report"] = report(one, texts);
    }
    value
}

fn event(
    event: &Event,
    release: &ReleaseView,
    rows: &BTreeMap<&str, usize>,
    texts: &mut Texts,
) -> Value {
    let phase = |at: usize| {
        release
            .phases
            .get(at)
            .map_or("", |phase| phase.name.as_str())
    };
    let result = match event.fate {
        Fate::Created => "created".to_owned(),
        Fate::Removed => "removed".to_owned(),
        Fate::Reused(Origin::Phase(from)) => format!("reused from {}", phase(from)),
        Fate::Reused(Origin::Elsewhere) => "reused from the index".to_owned(),
    };
    let mut value = json!({
        "phase": texts.number(phase(event.phase)),
        "result": texts.number(&result),
    });
    if !event.task_id.is_empty() {
        value["id"] = json!(texts.number(&event.task_id));
    }
    if event.is_target {
        value["target"] = json!(1);
    }
    let by = event.needed_by.as_ref();
    if let Some(row) = by.and_then(|label| rows.get(label.as_str())) {
        value["for"] = json!(*row);
    }
    if !event.reasons.is_empty() {
        value["why"] = json!(texts.numbers(&event.reasons));
    }
    value
}

fn report(report: &Report, texts: &mut Texts) -> Value {
    let checked = report.checked.iter();
    let checked: Vec<Value> = checked
        .map(|(what, count)| json!([texts.number(what), count]))
        .collect();
    let mut value = json!({"checked": checked});
    for (name, items) in [
        ("would", &report.would),
        ("unchecked", &report.unchecked),
        ("warnings", &report.warnings),
        ("problems", &report.problems),
    ] {
        if !items.is_empty() {
            value[name] = json!(texts.numbers(items));
        }
    }
    value
}
