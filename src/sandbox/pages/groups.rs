//! The page with all task groups, the newest first.

use std::collections::{BTreeMap, BTreeSet};
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
    for (one, is_part) in ordered(&named) {
        let class = if is_part { "card part" } else { "card" };
        card(services, one, class, &mut content);
    }
    Page::new("Task groups", content).following(services.changes)
}

/// The groups in the order of the page, and whether each is a part of one before it: what was promoted from a push
/// follows it, and what was promoted from that promotion follows that, at any depth.
fn ordered<'n, 's>(named: &'n [Named<'s>]) -> Vec<(&'n Named<'s>, bool)> {
    let known: BTreeSet<&str> = named.iter().map(|one| one.id).collect();
    let mut parts: BTreeMap<&str, Vec<&Named<'_>>> = BTreeMap::new();
    let mut first = Vec::new();
    for one in named {
        match one.name.parent.as_deref().filter(|id| known.contains(id)) {
            Some(parent) => parts.entry(parent).or_default().push(one),
            None => first.push(one),
        }
    }
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    // Groups that belong to each other in a circle are below no first one.
    for root in first.into_iter().chain(named) {
        let mut open = vec![(root, false)];
        while let Some((one, is_part)) = open.pop() {
            if seen.insert(one.id) {
                out.push((one, is_part));
                let parts = parts.get(one.id).into_iter().flatten();
                open.extend(parts.rev().map(|part| (*part, true)));
            }
        }
    }
    out
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
