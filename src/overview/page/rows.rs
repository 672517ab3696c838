//! The tasks: one row each, in parts by release and kind, and the form that filters them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::facets::{FACETS, values};
use crate::base::text::{escape_html, plural};
use crate::overview::model::{Overview, TaskView};

/// The form and the rows.
pub fn html(overview: &Overview) -> String {
    let mut out = format!(
        "<section id=\"tasks\">\n<h2>Tasks</h2>\n{}<p id=\"shown\" class=\"muted\" role=\"status\">{}</p>\n",
        form(overview),
        plural(overview.tasks().count(), "task")
    );
    let mut number = 0;
    for release in &overview.releases {
        let several = overview.releases.len() > 1;
        out.push_str("<div class=\"release\">\n");
        if several {
            let _ = writeln!(out, "<h3>{}</h3>", escape_html(&release.name()));
        }
        let mut kinds: BTreeMap<&str, Vec<&TaskView>> = BTreeMap::new();
        for task in &release.tasks {
            kinds.entry(&task.kind).or_default().push(task);
        }
        for (kind, tasks) in kinds {
            let red = tasks.iter().filter(|task| task.is_red()).count();
            let mark = match red {
                0 => String::new(),
                count => format!(" <span class=\"state failed\">{count} red</span>"),
            };
            let kind = if kind.is_empty() { "no kind" } else { kind };
            let _ = writeln!(
                out,
                "<details class=\"kind\"{}><summary><strong>{}</strong> <span class=\"muted\">{}</span>{mark}</summary>\n\
                 <ul class=\"plain\">",
                if red > 0 { " open" } else { "" },
                escape_html(kind),
                plural(tasks.len(), "task")
            );
            for task in tasks {
                out.push_str(&row(number, task));
                number += 1;
            }
            out.push_str("</ul></details>\n");
        }
        out.push_str("</div>\n");
    }
    out + "</section>\n"
}

fn form(overview: &Overview) -> String {
    let mut out = String::from(
        "<form class=\"filter\" role=\"search\">\n<label class=\"words\">Words in label, id, kind, platform, locale or \
         reports <input type=\"search\" name=\"q\" autocomplete=\"off\"></label>\n",
    );
    for facet in FACETS {
        let values = values(overview, facet);
        if values.len() < 2 {
            continue;
        }
        let options = values.iter().map(|(value, count)| {
            let value = escape_html(value);
            format!("<option value=\"{value}\">{value} ({count})</option>")
        });
        let _ = writeln!(
            out,
            "<label>{}<select name=\"{}\"><option value=\"\">all</option>{}</select></label>",
            facet.title,
            facet.name,
            options.collect::<String>()
        );
    }
    out + "<button type=\"reset\">Clear</button> <button type=\"button\" id=\"open\">Open all kinds</button>\n</form>\n\
           <p class=\"hint muted keys\">Keys: <kbd>/</kbd> search, <kbd>↓</kbd> <kbd>↑</kbd> next and previous row, \
           <kbd>Enter</kbd> open, <kbd>Esc</kbd> clear.</p>\n"
}

/// A row. What the script cannot show, a page without it shows here: where the task was created.
fn row(number: usize, task: &TaskView) -> String {
    let about: Vec<String> = [&task.platform, &task.locale, &task.system]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| escape_html(part))
        .collect();
    let class = match task.is_red() {
        true => "failed",
        false => task.state_name(),
    };
    let state = task.state_name();
    let id = task
        .events
        .iter()
        .rev()
        .find(|event| !event.task_id.is_empty());
    let id = id.map_or_else(String::new, |event| {
        format!("<p>Task <code>{}</code></p>", escape_html(&event.task_id))
    });
    format!(
        "<li class=\"row\" id=\"t{number}\"><details><summary><span class=\"state {class}\">{state}</span> \
         <b>{}</b> <span class=\"about\">{}</span></summary><div>{id}</div></details></li>\n",
        escape_html(&task.label),
        about.join(" · ")
    )
}
