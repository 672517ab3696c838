//! The page with all task groups, the newest first.

use std::fmt::Write as _;

use super::facts::{Counts, time};
use super::frame::Page;
use super::group_name::GroupName;
use crate::base::text::escape_html;
use crate::sandbox::queue::scheduling::Group;
use crate::sandbox::services::Services;

/// The page.
pub(super) fn page(services: &Services) -> Page {
    let groups = &services.queue.groups;
    let named = groups.iter().map(|(id, group)| Named {
        id,
        group,
        name: GroupName::new(services, id),
    });
    let mut named: Vec<Named<'_>> = named.collect();
    named.sort_by(|one, other| {
        let newest = other.name.created.cmp(&one.name.created);
        newest.then_with(|| one.id.cmp(other.id))
    });
    let mut content = String::new();
    if named.is_empty() {
        content.push_str(
            "<p>No tasks yet. A task that a client creates appears here; <code>snowman sandbox --push</code> \
             creates the decision task of the checkout.</p>\n",
        );
    }
    // What was promoted from a push follows it.
    let known = |id: &str| groups.contains_key(id);
    let is_part = |one: &Named<'_>| one.name.parent.as_deref().is_some_and(known);
    for one in named.iter().filter(|one| !is_part(one)) {
        card(services, one, "card", &mut content);
        let parts = named
            .iter()
            .filter(|part| part.name.parent.as_deref() == Some(one.id));
        for part in parts {
            card(services, part, "card part", &mut content);
        }
    }
    Page::new("Task groups", content).following(services.changes)
}

struct Named<'s> {
    id: &'s str,
    group: &'s Group,
    name: GroupName,
}

fn card(services: &Services, one: &Named<'_>, class: &str, out: &mut String) {
    let Named { id, group, name } = one;
    let tasks = group.tasks.iter();
    let counts = Counts::of(tasks.filter_map(|id| services.queue.tasks.get(id)));
    let _ = write!(
        out,
        "<section class=\"{class}\"><h2>{}</h2>\n<p class=\"facts\">",
        name.link(id)
    );
    for fact in &name.of {
        let _ = write!(out, "<span>{}</span>", escape_html(fact));
    }
    if let Some(created) = name.created {
        out.push_str(&time(created));
    }
    if group.sealed.is_some() {
        out.push_str("<span>sealed</span>");
    }
    let _ = write!(
        out,
        "</p>\n<p class=\"facts\">{}</p>\n<p class=\"facts\"><span>{}</span><code>{}</code></p></section>\n",
        counts.with_total(),
        escape_html(&name.made_by),
        escape_html(id)
    );
}
