//! Which scopes the creation of tasks takes, and which of them are not held.
//!
//! `createTask` takes each of the task's own scopes, one for each of its routes, its scheduler, its
//! project, and one for its worker type and its priority or a higher one. A held scope that ends in
//! `*` stands for all that begin with what is before the star.

use std::collections::{BTreeMap, BTreeSet};

use super::names::some_of;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::scope::ScopeSet;
use crate::base::value::Value;
use crate::base::worker_pool::WorkerPool;
use crate::config::graph_config::PRIORITIES;
use crate::submit::plan::Creation;

/// The largest number of scopes with a common prefix that are listed individually.
const ALONE: usize = 3;

/// The number of scopes from which even unrelated ones are summarized.
const MANY: usize = 20;

/// A scope that is not held, and the tasks that take it.
#[derive(Default)]
pub struct MissingScopes<'p> {
    /// By the scope; where any of several would do, by the least of them.
    scopes: BTreeMap<String, Vec<&'p Creation>>,
    /// Those of them for which others would do as well.
    or_higher: BTreeSet<String>,
}

impl<'p> MissingScopes<'p> {
    /// Notes what is not held of the scopes that the creation of this task takes.
    pub fn note(&mut self, creation: &'p Creation, held: &ScopeSet) {
        let definition = &creation.definition;
        let text =
            |name: &str, default: &str| definition[name].as_str().unwrap_or(default).to_owned();
        let texts = |name: &str| {
            let items = definition[name].as_array();
            items.into_iter().flatten().filter_map(Value::as_str)
        };
        let routes = texts("routes").map(|route| format!("queue:route:{route}"));
        let own = texts("scopes").map(str::to_owned);
        let others = [
            format!("queue:create-task:project:{}", text("projectId", "none")),
            format!("queue:scheduler-id:{}", text("schedulerId", "-")),
        ];
        let all: BTreeSet<String> = own.chain(routes).chain(others).collect();
        for scope in all.into_iter().filter(|scope| !held.satisfies(scope)) {
            self.scopes.entry(scope).or_default().push(creation);
        }
        let Some(pool) = WorkerPool::from_definition(definition) else {
            // The rules for definitions object to that.
            return;
        };
        let priority = text("priority", "lowest");
        let Some(rank) = PRIORITIES.iter().position(|name| *name == priority) else {
            return;
        };
        let scope = |priority: &str| format!("queue:create-task:{priority}:{pool}");
        if !PRIORITIES[..=rank]
            .iter()
            .any(|name| held.satisfies(&scope(name)))
        {
            let least = scope(&priority);
            if rank > 0 {
                self.or_higher.insert(least.clone());
            }
            self.scopes.entry(least).or_default().push(creation);
        }
    }

    /// Reports the missing scopes: each once with the tasks that need it, and many with a common
    /// prefix together.
    pub fn report(&self, found: &mut Diagnostics) {
        let all: Vec<&str> = self.scopes.keys().map(String::as_str).collect();
        for family in fold(&all) {
            found.push(self.about(&family));
        }
    }

    fn about(&self, family: &Family<'_>) -> Diagnostic {
        let takers: Vec<&Creation> = {
            let all = family
                .scopes
                .iter()
                .filter_map(|scope| self.scopes.get(*scope));
            let mut seen = BTreeSet::new();
            all.flatten()
                .copied()
                .filter(|creation| seen.insert(&creation.label))
                .collect()
        };
        let what = match family.scopes.as_slice() {
            [scope] if self.or_higher.contains(*scope) => {
                format!("the scope `{scope}`, or that of a higher priority, is missing")
            }
            [scope] => format!("the scope `{scope}` is missing"),
            scopes => format!(
                "{} scopes that begin with `{}` are missing: {}",
                scopes.len(),
                family.start,
                some_of(scopes.iter().copied())
            ),
        };
        let labels: Vec<&str> = takers.iter().map(|task| task.label.as_str()).collect();
        let mut diagnostic = Diagnostic::user(what);
        if let Some(first) = takers.first() {
            diagnostic = diagnostic.at(first.provenance.place.clone());
            if labels.len() == 1 {
                diagnostic = first.about(diagnostic);
            } else {
                diagnostic = diagnostic.because(format!(
                    "{} tasks need {}: {}",
                    labels.len(),
                    if family.scopes.len() == 1 {
                        "it"
                    } else {
                        "them"
                    },
                    some_of(labels)
                ));
            }
        }
        let (grant, them) = match family.scopes.as_slice() {
            [_] => ("grant it".to_owned(), "it"),
            _ => (
                format!("grant `{}*`, or each scope individually,", family.start),
                "them",
            ),
        };
        diagnostic.help(format!(
            "{grant} to the role of the repository or hook that this decision task runs for, or change \
             the tasks so that they do not need {them}"
        ))
    }
}

/// Scopes that are reported together.
struct Family<'s> {
    /// Their common prefix.
    start: &'s str,
    scopes: Vec<&'s str>,
}

/// Groups sorted scopes by a common prefix.
///
/// A few scopes are listed individually, also if they differ from others after the next separator.
/// Otherwise they are one family, unless its prefix would grant far more than these scopes.
fn fold<'s>(scopes: &[&'s str]) -> Vec<Family<'s>> {
    let alone = |scope: &&'s str| Family {
        start: scope,
        scopes: vec![scope],
    };
    let start = common_start(scopes);
    let mut ways: Vec<(&str, Vec<&'s str>)> = Vec::new();
    for scope in scopes {
        let way = step(scope, start.len());
        match ways.last_mut() {
            Some((last, together)) if *last == way => together.push(scope),
            _ => ways.push((way, vec![scope])),
        }
    }
    let mut families: Vec<Family<'s>> = match ways.as_slice() {
        [] | [_] => scopes.iter().map(alone).collect(),
        _ => ways
            .iter()
            .flat_map(|(_, together)| fold(together))
            .collect(),
    };
    let borders = start.chars().filter(|c| is_border(*c)).count();
    let is_narrow = borders >= 4 || (borders >= 2 && families.len() > MANY);
    if families.len() > ALONE && is_narrow {
        families = vec![Family {
            start,
            scopes: scopes.to_vec(),
        }];
    }
    families
}

fn is_border(c: char) -> bool {
    matches!(c, ':' | '.' | '/')
}

/// What all begin with, up to a border.
fn common_start<'s>(scopes: &[&'s str]) -> &'s str {
    let (Some(first), Some(last)) = (scopes.first(), scopes.last()) else {
        return "";
    };
    let common = first
        .char_indices()
        .zip(last.chars())
        .find(|((_, a), b)| a != b)
        .map_or(first.len().min(last.len()), |((at, _), _)| at);
    let end = first[..common].rfind(is_border).map_or(0, |at| at + 1);
    &first[..end]
}

/// The part of a scope from `at` up to the next border.
fn step(scope: &str, at: usize) -> &str {
    let rest = &scope[at..];
    match rest.find(is_border) {
        Some(end) => &rest[..=end],
        None => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(scopes: &[&str]) -> Vec<String> {
        fold(scopes)
            .iter()
            .map(|family| format!("{} × {}", family.scopes.len(), family.start))
            .collect()
    }

    #[test]
    fn few_scopes_are_listed_individually() {
        assert_eq!(
            folded(&["a:b", "a:c", "b"]),
            ["1 × a:b", "1 × a:c", "1 × b"]
        );
        assert!(folded(&[]).is_empty());
    }

    #[test]
    fn many_scopes_with_a_common_prefix_are_one_pattern() {
        let scopes = [
            "queue:route:index.p.cache.x.hash.a",
            "queue:route:index.p.latest.a",
            "queue:route:index.p.latest.b",
            "queue:route:index.p.latest.c",
            "queue:route:index.p.latest.d",
            "queue:scheduler-id:x",
        ];
        assert_eq!(
            folded(&scopes),
            [
                "1 × queue:route:index.p.cache.x.hash.a",
                "4 × queue:route:index.p.latest.",
                "1 × queue:scheduler-id:x"
            ]
        );
        // Two here and two there are many, too.
        let pairs = ["a", "b"].map(|fetch| {
            ["hash.1", "latest"].map(|last| format!("queue:route:index.p.cache.{fetch}.{last}"))
        });
        let pairs: Vec<&str> = pairs.iter().flatten().map(String::as_str).collect();
        assert_eq!(folded(&pairs), ["4 × queue:route:index.p.cache."]);
    }

    #[test]
    fn patterns_do_not_grant_far_more_than_is_missing() {
        assert_eq!(
            folded(&["a:x", "b:x", "c:x", "d:x"]),
            ["1 × a:x", "1 × b:x", "1 × c:x", "1 × d:x"]
        );
        let priorities =
            ["a/x", "b/x", "c/x", "d/x"].map(|to| format!("queue:create-task:low:{to}"));
        let priorities: Vec<&str> = priorities.iter().map(String::as_str).collect();
        assert_eq!(folded(&priorities).len(), 4);
        // Those that begin with the same word and have no border part at once.
        assert_eq!(folded(&["a", "ab", "abc", "abcd"]).len(), 4);
    }

    #[test]
    fn a_scope_missing_for_hundreds_of_tasks_is_reported_once() {
        let secrets: Vec<String> = (0..700).map(|n| format!("secrets:get:{n:03}")).collect();
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        assert_eq!(folded(&secrets), ["700 × secrets:get:"]);
    }
}
