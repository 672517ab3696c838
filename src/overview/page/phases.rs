//! The phases of releases: a picture, and what each phase did.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::reports::link;
use super::snowman;
use crate::base::text::{escape_html, plural};
use crate::overview::model::{AtOnce, Origin, Overview, PhaseView, ReleaseView, Rule, TaskView};

/// Up to how many new tasks a phase names each of them.
const BY_NAME: usize = 12;

/// The most characters of a revision in a summary.
const REVISION: usize = 12;

/// The beginning of a revision.
fn short(revision: &str) -> &str {
    revision.get(..REVISION).unwrap_or(revision)
}

/// All releases, the newest one first: it is the one that is asked for.
pub fn html(overview: &Overview) -> String {
    let mut out = String::new();
    let mut beside = String::new();
    let mut first: usize = overview.tasks().count();
    let releases = overview.releases.iter().enumerate().rev();
    for (number, release) in releases {
        first -= release.tasks.len();
        let phases = phases(release, first);
        let name = escape_html(&release.name());
        if release.number.is_none() && number + 1 == overview.releases.len() {
            let _ = write!(out, "<h2 id=\"phases\">Phases</h2>\n{phases}");
            continue;
        }
        let before = match (release.number, &overview.at_once) {
            (Some(_), _) => "",
            (None, Some(_)) => "Before them: ",
            (None, None) => "Before it: ",
        };
        let part = format!(
            "<details class=\"earlier\"><summary><strong>{before}{name}</strong> {} {}</summary>\n{phases}</details>\n",
            plural(release.phases.len(), "phase"),
            revisions(release)
        );
        match release.number {
            // Those that were rehearsed at once are in the order of their numbers.
            Some(_) => beside.insert_str(0, &part),
            None => out.push_str(&part),
        }
    }
    match &overview.at_once {
        Some(all) => at_once(all) + "<h2 id=\"phases\">Phases</h2>\n" + &beside + &out,
        None => out,
    }
}

/// The revisions of a release, for a summary.
fn revisions(release: &ReleaseView) -> String {
    let revisions = release.revisions.iter();
    let revisions = revisions.map(|one| format!("<code>{}</code>", escape_html(short(one))));
    let revisions: Vec<String> = revisions.collect();
    format!("<span class=\"muted\">{}</span>", revisions.join(" "))
}

/// The table of the releases that were rehearsed at once, and what must hold between them.
fn at_once(all: &AtOnce) -> String {
    let heads = all.heads.iter();
    let heads = heads.map(|head| format!("<th scope=\"col\">{}</th>", escape_html(head)));
    let rows = all.rows.iter().map(|row| {
        let cells = row.iter();
        let cells = cells.map(|cell| format!("<td>{}</td>", escape_html(cell)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    });
    let notes = all.notes.iter();
    let notes = notes.map(|note| format!("<li>{}</li>\n", escape_html(note)));
    format!(
        "<section id=\"at-once\">\n<h2>Releases at once</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-label=\"Releases at once\"><table class=\"numbers\">\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\
         </table></div>\n{}<ul class=\"muted\">\n{}</ul>\n</section>\n",
        heads.collect::<String>(),
        rows.collect::<String>(),
        rules(&all.rules),
        notes.collect::<String>()
    )
}

fn phases(release: &ReleaseView, first: usize) -> String {
    let rows = release.tasks.iter().enumerate();
    let rows = rows.map(|(at, task)| (task.label.as_str(), link(first + at, task)));
    let links: BTreeMap<&str, String> = rows.collect();
    let cards = release.phases.iter().enumerate();
    let cards: String = cards
        .map(|(at, phase)| card(release, at, phase, &links))
        .collect();
    format!(
        "<div class=\"stack\">\n{}<ol class=\"plain\">\n{cards}</ol>\n</div>\n",
        snowman::html(release)
    )
}

/// A phase; `links` has the link to the row of each label.
fn card(
    release: &ReleaseView,
    at: usize,
    phase: &PhaseView,
    links: &BTreeMap<&str, String>,
) -> String {
    let mut out = format!(
        "<li class=\"card\"><h3>{}</h3>\n<p class=\"facts\"><span>{} created</span>",
        escape_html(&phase.name),
        phase.created
    );
    if phase.rebuilt > 0 {
        let _ = write!(out, " <span>{} rebuilt</span>", phase.rebuilt);
    }
    let reused = phase.reused.iter().map(|(origin, count)| match origin {
        Origin::Phase(from) => {
            let from = release.phases.get(*from).map(|phase| phase.name.as_str());
            format!("{count} from {}", escape_html(from.unwrap_or_default()))
        }
        Origin::Elsewhere => format!("{count} from the index"),
    });
    let reused: Vec<String> = reused.collect();
    let from = match reused.is_empty() {
        true => String::new(),
        false => format!(" ({})", reused.join(", ")),
    };
    let _ = writeln!(
        out,
        " <span>{} reused{from}</span> <span>{} removed</span> <span>task <code>{}</code></span></p>",
        phase.reused(),
        phase.removed,
        escape_html(&phase.task_id)
    );
    out.push_str(&rules(&phase.rules));
    for note in &phase.notes {
        let _ = writeln!(out, "<p class=\"note\">{}</p>", escape_html(note));
    }
    out.push_str(&new(release, at, links));
    out.push_str(&chain(phase, links));
    out.push_str(&pools(phase));
    out.push_str("</li>\n");
    out
}

fn rules(rules: &[Rule]) -> String {
    let (hold, broken): (Vec<&Rule>, Vec<&Rule>) = rules.iter().partition(|rule| rule.holds());
    let mut out = String::new();
    for rule in broken {
        let breaches = rule.breaches.iter();
        let breaches = breaches.map(|breach| format!("<li>{}</li>", escape_html(breach)));
        let _ = writeln!(
            out,
            "<p class=\"failed\"><strong>✗ Failed: {}</strong></p>\n<ul>{}</ul>",
            escape_html(&rule.rule),
            breaches.collect::<String>()
        );
    }
    if !hold.is_empty() {
        let items = hold.iter();
        let items = items.map(|rule| format!("<li>{}</li>", escape_html(&rule.rule)));
        let _ = writeln!(
            out,
            "<details><summary class=\"passed\">✓ {}</summary><ul>{}</ul></details>",
            match hold.len() {
                1 => "1 check passed".to_owned(),
                count => format!("{count} checks passed"),
            },
            items.collect::<String>()
        );
    }
    out
}

/// The tasks that a phase created: each of them, or how many of each kind.
fn new(release: &ReleaseView, at: usize, links: &BTreeMap<&str, String>) -> String {
    let tasks = release.tasks.iter();
    let tasks: Vec<&TaskView> = tasks
        .filter(|task| task.created().any(|event| event.phase == at))
        .collect();
    if tasks.is_empty() {
        return String::new();
    }
    let items: String = match tasks.len() > BY_NAME {
        true => {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for task in &tasks {
                *kinds.entry(task.kind.as_str()).or_default() += 1;
            }
            let kinds = kinds.into_iter();
            kinds
                .map(|(kind, count)| format!("<li>{count} {}</li>", escape_html(kind)))
                .collect()
        }
        false => {
            let tasks = tasks.iter();
            tasks
                .map(|task| format!("<li>{}</li>", to(links, &task.label)))
                .collect()
        }
    };
    let open = if tasks.len() > BY_NAME { "" } else { " open" };
    format!(
        "<details{open}><summary>New: {}</summary><ul class=\"columns\">{items}</ul></details>\n",
        plural(tasks.len(), "task")
    )
}

fn chain(phase: &PhaseView, links: &BTreeMap<&str, String>) -> String {
    if phase.chain.is_empty() {
        return String::new();
    }
    let steps = phase.chain.iter().map(|step| {
        let seconds = match step.seconds {
            Some(seconds) => duration(seconds),
            None => "no limit".to_owned(),
        };
        format!(
            "<li>{} <span class=\"muted\">{seconds}</span></li>",
            to(links, &step.label)
        )
    });
    format!(
        "<details><summary>Longest chain: {}, at most {}</summary><ol>{}</ol>\n\
         <p class=\"muted\">The times are the limits of the tasks (<code>maxRunTime</code>).</p></details>\n",
        plural(phase.chain.len(), "task"),
        duration(phase.chain_seconds()),
        steps.collect::<String>()
    )
}

fn pools(phase: &PhaseView) -> String {
    if phase.pools.is_empty() {
        return String::new();
    }
    let mut pools: Vec<_> = phase.pools.iter().collect();
    pools.sort_by(|one, other| other.1.tasks.cmp(&one.1.tasks).then(one.0.cmp(other.0)));
    let rows = pools.iter().map(|(name, pool)| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escape_html(name),
            pool.tasks,
            pool.at_once
        )
    });
    let widest = pools.iter().max_by_key(|(_, pool)| pool.at_once);
    let widest = widest.map_or_else(String::new, |(_, pool)| {
        format!(", up to {} at one time", pool.at_once)
    });
    format!(
        "<details><summary>{}{widest}</summary><table class=\"numbers\"><thead><tr><th scope=\"col\">Pool</th>\
         <th scope=\"col\">Tasks</th><th scope=\"col\">At one time</th></tr></thead><tbody>{}</tbody></table>\n\
         <p class=\"muted\">At one time: if each task starts as soon as it can and runs as long as it may.</p>\
         </details>\n",
        plural(pools.len(), "worker pool"),
        rows.collect::<String>()
    )
}

/// The link to the row of a label.
fn to<'l>(links: &'l BTreeMap<&str, String>, label: &str) -> &'l str {
    links.get(label).map_or("", String::as_str)
}

/// A time for people.
fn duration(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
