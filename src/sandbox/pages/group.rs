//! The page of a task group.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::actions;
use super::facts::{
    Counts, duration, kind, last_change, named_link, platform, purpose, state, symbol, time,
};
use super::filter::{Filter, View, searched};
use super::frame::{Page, list};
use super::graph;
use super::group_name::GroupName;
use crate::base::text::{escape_html, plural};
use crate::sandbox::queue::task::Task;
use crate::sandbox::services::Services;

/// How many tasks a page shows at most. Those that the words do not find are only hidden, up to this number.
const MOST: usize = 2000;
/// Up to how many tasks all parts of a list are open.
const OPEN: usize = 60;

/// The page of a group; `None` if it does not exist.
pub(super) fn page(
    services: &Services,
    id: &str,
    query: &BTreeMap<String, String>,
) -> Option<Page> {
    let group = services.queue.groups.get(id)?;
    let filter = Filter::new(query);
    let name = GroupName::new(services, id);
    let tasks = group.tasks.iter();
    let mut all: Vec<&Task> = tasks
        .filter_map(|id| services.queue.tasks.get(id))
        .collect();
    all.sort_by_key(|task| (task.definition.label(), &task.id));
    let mut out = String::from("<p class=\"facts\">");
    if let Some(maker) = services.queue.tasks.get(id) {
        let _ = write!(out, "<span>made by {}</span> ", named_link(maker));
    }
    if let Some(parent) = &name.parent {
        let link = GroupName::new(services, parent).link(parent);
        let _ = write!(out, "<span>on {link}</span> ");
    }
    if let Some(created) = name.created {
        let _ = write!(out, "<span>created {}</span> ", time(created));
    }
    let _ = write!(
        out,
        "<span>scheduler <code>{}</code></span> ",
        escape_html(&group.scheduler)
    );
    if let Some(sealed) = group.sealed {
        let _ = write!(out, "<span>sealed {}</span> ", time(sealed));
    }
    let _ = write!(
        out,
        "<code>{}</code></p>\n<p class=\"facts\">{}</p>\n",
        escape_html(id),
        Counts::of(all.iter().copied()).with_total()
    );
    out.push_str(&actions::section(services, id, None));
    out.push_str(&made_from_here(services, &all));
    out.push_str("<h2>Tasks</h2>\n");
    out.push_str(&views(id, &filter));
    out.push_str(&form(id, &filter));
    out.push_str(&facets(id, &filter, &all));
    let chosen: Vec<&Task> = all
        .iter()
        .copied()
        .filter(|task| filter.chooses(task))
        .collect();
    match filter.view {
        View::Graph => {
            let found = chosen.into_iter();
            let found: Vec<&Task> = found.filter(|task| filter.finds(&searched(task))).collect();
            out.push_str(&graph::html(id, &filter, &found));
        }
        _ => out.push_str(&tasks_html(id, &filter, chosen)),
    }
    Some(Page::new(&name.title(id), out).following(services.changes))
}

/// Links to the groups that action tasks of this group have made.
fn made_from_here(services: &Services, tasks: &[&Task]) -> String {
    let groups = &services.queue.groups;
    let actions = tasks.iter().filter(|task| purpose(task).is_some());
    let mut actions: Vec<&Task> = actions.copied().collect();
    actions.sort_by_key(|task| Reverse(task.definition.created));
    let items = actions.into_iter().map(|task| {
        let made = groups.get(&task.id).map_or_else(String::new, |group| {
            let name = GroupName::new(services, &task.id);
            let count = plural(group.tasks.len(), "task");
            format!(" made {} with {count}", name.link(&task.id))
        });
        let created = time(task.definition.created);
        format!(
            "{} {}{made} <span class=\"muted\">{created}</span>",
            named_link(task),
            state(task.state())
        )
    });
    match list("", items) {
        empty if empty.is_empty() => empty,
        items => format!("<h2>Triggered here</h2>\n{items}"),
    }
}

fn views(group: &str, filter: &Filter) -> String {
    let links: String = View::ALL
        .into_iter()
        .map(|(view, name, title)| {
            let current = match view == filter.view {
                true => " aria-current=\"page\"",
                false => "",
            };
            let address = filter.address(group, "view", Some(name));
            format!("<a href=\"{address}\"{current}>{title}</a>")
        })
        .collect();
    format!("<nav class=\"views\" aria-label=\"Order of the tasks\">{links}</nav>\n")
}

/// The form with the words to filter by. Kind, platform and state stay as they are.
fn form(group: &str, filter: &Filter) -> String {
    let kept = [("view", filter.view.name())]
        .into_iter()
        .chain(filter.chosen());
    let kept: String = kept
        .map(|(name, value)| {
            let value = escape_html(value);
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    let chosen = filter.chosen().map(|(name, value)| {
        let address = filter.address(group, name, None);
        let value = escape_html(value);
        format!("<a href=\"{address}\" aria-label=\"Remove the filter {name} {value}\">{name}: {value} ✕</a>")
    });
    format!(
        "<form class=\"filter\" method=\"get\" role=\"search\">{kept}<label>Filter by words in label, kind, \
         platform, state or id<input type=\"search\" name=\"q\" value=\"{}\"></label>\
         <button type=\"submit\">Filter</button></form>\n{}",
        escape_html(&filter.words),
        list("chips", chosen)
    )
}

/// How many tasks there are of each kind and platform, as links that choose one.
fn facets(group: &str, filter: &Filter, tasks: &[&Task]) -> String {
    let facet = |name: &str, plural_name: &str, of: &dyn Fn(&Task) -> String| {
        let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
        for task in tasks {
            counts.entry(of(task)).or_default().add(task);
        }
        let number = counts.len();
        let links = counts.into_iter().map(|(value, counts)| {
            let address = filter.address(group, name, Some(&value));
            let mark = match counts.has_failure() {
                true => " <span class=\"failed\">✗</span>",
                false => "",
            };
            let value = escape_html(&value);
            format!("<a href=\"{address}\">{value} {}{mark}</a>", counts.total())
        });
        let title = plural(number, plural_name);
        format!(
            "<details><summary>{title}</summary>{}</details>\n",
            list("chips", links)
        )
    };
    let kinds = facet("kind", "kind", &|task| kind(task).to_owned());
    let platforms = facet("platform", "platform", &platform);
    format!("{kinds}{platforms}")
}

fn tasks_html(group: &str, filter: &Filter, chosen: Vec<&Task>) -> String {
    let mut shown: Vec<(&Task, String)> = chosen
        .into_iter()
        .map(|task| (task, searched(task)))
        .collect();
    let whole = shown.len() <= MOST;
    if !whole {
        shown.retain(|(_, text)| filter.finds(text));
    }
    let found = shown.iter().filter(|(_, text)| filter.finds(text)).count();
    let section = |task: &Task| match filter.view {
        View::Platform => platform(task),
        _ => kind(task).to_owned(),
    };
    // A section may go on on the next page; its heading counts all of it.
    let mut totals: BTreeMap<String, Vec<&Task>> = BTreeMap::new();
    match filter.view {
        View::Time => shown.sort_by_key(|(task, _)| Reverse(last_change(task))),
        _ => {
            shown.sort_by_cached_key(|(task, _)| section(task));
            for (task, _) in &shown {
                totals.entry(section(task)).or_default().push(*task);
            }
        }
    }
    let mut out = String::new();
    let pages = shown.len().div_ceil(MOST).max(1);
    let page = filter.page.min(pages);
    let part: Vec<(&Task, String)> = shown
        .into_iter()
        .skip((page - 1) * MOST)
        .take(MOST)
        .collect();
    let count = match filter.words.is_empty() {
        true => String::new(),
        false => format!("{found} shown"),
    };
    let _ = writeln!(
        out,
        "<p class=\"muted\" role=\"status\"{}>{count}</p>",
        if whole { " data-shown" } else { "" }
    );
    if pages > 1 {
        let links = (1..=pages).map(|number| {
            let address = filter.address(group, "page", Some(&number.to_string()));
            let current = match number == page {
                true => " aria-current=\"page\"",
                false => "",
            };
            format!("<a href=\"{address}\"{current}>Page {number}</a>")
        });
        out.push_str(&list("chips", links));
    }
    let row = |(task, text): &(&Task, String)| row(task, whole.then_some(text), filter.finds(text));
    if filter.view == View::Time {
        let rows: String = part.iter().map(row).collect();
        let _ = writeln!(out, "<ul class=\"tasks\">\n{rows}</ul>");
        return out;
    }
    let mut sections: BTreeMap<String, Vec<&(&Task, String)>> = BTreeMap::new();
    for one in &part {
        sections.entry(section(one.0)).or_default().push(one);
    }
    for (name, tasks) in sections {
        let counts = Counts::of(totals.get(&name).into_iter().flatten().copied());
        let some = tasks.iter().any(|(_, text)| filter.finds(text));
        let searched = !filter.words.is_empty();
        let open = match searched {
            true => some,
            false => part.len() <= OPEN || counts.has_failure(),
        };
        let rows: String = tasks.into_iter().map(row).collect();
        let _ = writeln!(
            out,
            "<details{}{}><summary><strong>{}</strong> {}</summary>\n<ul class=\"tasks\">\n{rows}</ul></details>",
            if open { " open" } else { "" },
            if some { "" } else { " hidden" },
            escape_html(&name),
            counts.with_total()
        );
    }
    out
}

/// A task in a list; `text` is what the script looks for words in.
fn row(task: &Task, text: Option<&String>, found: bool) -> String {
    let mut about = vec![format!("<span>{}</span>", escape_html(&platform(task)))];
    about.extend(symbol(task).map(|symbol| format!("<span>{}</span>", escape_html(&symbol))));
    if let Some(run) = task.runs.last() {
        if task.runs.len() > 1 {
            about.push(format!("<span>{}</span>", plural(task.runs.len(), "run")));
        }
        if let Some(reason) = run.reason_resolved.as_deref()
            && reason != task.state().name()
        {
            about.push(format!("<span>{}</span>", escape_html(reason)));
        }
        about.extend(last_change(task).map(time));
        about.extend(duration(run).map(|took| format!("<span>took {took}</span>")));
    }
    if !task.waiting.is_empty() && !task.state().is_resolved() {
        let waiting = plural(task.waiting.len(), "task");
        about.push(format!("<span>waits for {waiting}</span>"));
    }
    format!(
        "<li{}{}>{} <span>{}</span><span class=\"about facts\">{}</span></li>\n",
        text.map_or_else(String::new, |text| format!(
            " data-find=\"{}\"",
            escape_html(text)
        )),
        if found { "" } else { " hidden" },
        state(task.state()),
        named_link(task),
        about.join(" ")
    )
}
