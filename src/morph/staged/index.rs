//! Where staged tasks are in the index: below the decision task of their release.
//!
//! Releases of one version have the same index paths in production. Below release level there may be any number of
//! them, so each has a namespace of its own:
//!
//! | Path | Task |
//! | --- | --- |
//! | `INDEX.DECISION.graphs.GRAPH-PRODUCT` | one staged task of each graph and product, by which a release is found |
//! | `INDEX.DECISION.PATH` | the staged task that has the index path `TRUST-DOMAIN.v2.PROJECT.PATH` in production |
//!
//! `INDEX` is the setting `snowman.staging.index`, `DECISION` the taskId of the decision task, and `GRAPH` that of the
//! task that has created the graph.

use crate::base::name::TaskId;
use crate::base::value::Value;

/// The longest route that the queue accepts (queue schema, `routes.items.maxLength`).
const MAX_ROUTE: usize = 249;

/// The most routes of a task (queue schema, `routes.maxItems`).
const MAX_ROUTES: usize = 64;

/// What a graph that is only shown has in place of taskIds that are not known.
const UNKNOWN: &str = "decision-task";

/// The namespace of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// The path of the namespace.
    path: String,
    /// The beginning of the project's own paths, with a dot at its end.
    project: String,
    /// The task that creates the graph.
    graph: String,
}

impl Namespace {
    /// The namespace of a release below an index path, in a project with own paths; `tasks` are the decision task of the
    /// release and the task that creates the graph.
    #[must_use]
    pub fn new(index: &str, project: &str, tasks: Option<&(TaskId, TaskId)>) -> Self {
        let (decision, graph) = match tasks {
            Some((decision, graph)) => (decision.as_str(), graph.as_str()),
            None => (UNKNOWN, UNKNOWN),
        };
        Self {
            path: format!("{index}.{decision}"),
            project: format!("{project}."),
            graph: graph.to_owned(),
        }
    }

    /// A route of a staged task: that of an index path is below the namespace. `None` if the queue would not accept it.
    fn route(&self, route: &Value) -> Option<Value> {
        let Some(path) = route
            .as_str()
            .and_then(|route| route.strip_prefix("index."))
        else {
            return Some(route.clone());
        };
        let path = path.strip_prefix(&self.project).unwrap_or(path);
        let moved = format!("index.{}.{path}", self.path);
        (moved.len() <= MAX_ROUTE).then(|| Value::from(moved))
    }

    /// The routes of a staged task of a product, by which its graph is found if it `stands_for` that.
    #[must_use]
    pub fn routes(&self, routes: &Value, product: &str, stands_for: bool) -> Value {
        let routes = routes.as_array().into_iter().flatten();
        let mut moved: Vec<Value> = routes.filter_map(|route| self.route(route)).collect();
        if stands_for && moved.len() < MAX_ROUTES {
            let product = match product {
                "" => "none",
                product => product,
            };
            moved.push(Value::from(format!(
                "index.{}.graphs.{}-{product}",
                self.path, self.graph
            )));
        }
        Value::from_iter(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn namespace() -> Namespace {
        let id = |letter: char| TaskId::parse(&format!("{letter}N1SbArXTPSVFNUvaOlinQ")).unwrap();
        Namespace::new(
            "fox.v2.try.staging",
            "fox.v2.try",
            Some(&(id('d'), id('g'))),
        )
    }

    #[test]
    fn index_paths_are_below_the_namespace() {
        let routes = json!([
            "index.fox.v2.try.latest.mobile",
            "index.releases.v1.mobile",
            "checks",
            "notify.email.a@example.com.on-any",
        ]);
        assert_eq!(
            namespace().routes(&routes, "mobile", false),
            json!([
                "index.fox.v2.try.staging.dN1SbArXTPSVFNUvaOlinQ.latest.mobile",
                "index.fox.v2.try.staging.dN1SbArXTPSVFNUvaOlinQ.releases.v1.mobile",
                "checks",
                "notify.email.a@example.com.on-any",
            ])
        );
        assert_eq!(
            namespace().routes(&json!(null), "", true),
            json!([
                "index.fox.v2.try.staging.dN1SbArXTPSVFNUvaOlinQ.graphs.gN1SbArXTPSVFNUvaOlinQ-none"
            ])
        );
    }

    #[test]
    fn the_queue_accepts_the_routes() {
        let long = format!("index.{}", "a".repeat(230));
        assert_eq!(namespace().routes(&json!([long]), "a", false), json!([]));
        let many: Vec<String> = (0..MAX_ROUTES).map(|n| format!("checks.{n}")).collect();
        let routes = namespace().routes(&json!(many), "a", true);
        assert_eq!(routes.as_array().unwrap().len(), MAX_ROUTES);
    }
}
