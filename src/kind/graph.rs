//! The kinds of a project and their dependencies.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rayon::prelude::*;

use super::definition::KindDefinition;
use crate::base::dag::{Cycle, Dag};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::KindName;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::config::graph_config::{GraphConfig, join};
use crate::ports::files::{FileError, Files};

/// The kinds of a project, by name, and the dependencies among them: a graph without cycles.
#[derive(Debug, Clone)]
pub struct KindGraph {
    kinds: BTreeMap<KindName, KindDefinition>,
    dag: Dag<KindName>,
    order: Vec<KindName>,
}

/// Warns of folders among those of kinds that have no `kind.yml`. Names that begin with `_` or `.` are not
/// meant as kinds.
fn warn_of_folders(
    files: &dyn Files,
    folder: &str,
    names: &[KindName],
    kinds: &BTreeMap<KindName, KindDefinition>,
) -> Result<(), FileError> {
    for name in names {
        let path = join(folder, name.as_str());
        let is_meant = !name.as_str().starts_with(['_', '.']);
        if !is_meant || kinds.contains_key(name) || !files.is_folder(&path)? {
            continue;
        }
        let content = files.list(&path)?;
        let other = content.iter().find(|file| {
            let stem = file
                .strip_suffix(".yml")
                .or_else(|| file.strip_suffix(".yaml"));
            stem.is_some_and(|stem| suggest::nearest(stem, ["kind"]).is_some() || stem == "kind")
        });
        match other {
            Some(file) => tracing::warn!(
                "the folder {path} is no kind, because it has no kind.yml; is {file} meant?"
            ),
            None => tracing::warn!("the folder {path} is no kind, because it has no kind.yml"),
        }
    }
    Ok(())
}

impl KindGraph {
    /// Reads the kinds of a project.
    ///
    /// With `targets`, only these kinds, the kind of docker images, and their dependencies.
    ///
    /// # Errors
    /// All mistakes in the files of kinds, unknown kinds, and a cycle if one exists.
    pub fn load(
        files: &dyn Files,
        graph_config: &GraphConfig,
        targets: &[String],
    ) -> Outcome<Self> {
        let folder = graph_config.kinds_folder();
        let names = files.list(&folder).map_err(|error| match error {
            FileError::Missing(path) => Diagnostic::user(format!("the folder `{path}` does not exist"))
                .help("create it, with a `<kind>/kind.yml` for each kind, or set `snowman.kinds` in config.yml to another folder"),
            other => other.into(),
        })?;
        let mut wrong = Diagnostics::new();
        let names: Vec<KindName> = names
            .iter()
            .filter_map(|name| KindName::parse(name).ok())
            .collect();
        let load = |name| KindDefinition::load(files, graph_config, name);
        let loaded: Vec<_> = names.par_iter().with_max_len(1).map(load).collect();
        let loaded = loaded.into_iter().map(|kind| wrong.keep(kind).flatten());
        let kinds = names.iter().cloned().zip(loaded);
        let kinds: BTreeMap<KindName, KindDefinition> = kinds
            .filter_map(|(name, kind)| Some((name, kind?)))
            .collect();
        wrong.or_ok(())?;
        warn_of_folders(files, &folder, &names, &kinds)?;
        let all = Self::new(kinds)?;
        if targets.is_empty() {
            Ok(all)
        } else {
            all.limited_to(graph_config, targets)
        }
    }

    /// The graph of these kinds.
    ///
    /// # Errors
    /// Every unknown kind, and a cycle if one exists.
    pub fn new(kinds: BTreeMap<KindName, KindDefinition>) -> Outcome<Self> {
        let mut wrong = Diagnostics::new();
        for kind in kinds.values() {
            for (i, dependency) in kind.dependencies.iter().enumerate() {
                if !kinds.contains_key(dependency) {
                    wrong.push(
                        Diagnostic::user(format!(
                            "unknown kind `{dependency}` in `kind-dependencies`"
                        ))
                        .in_kind(&kind.name)
                        .at(kind.place(&ValuePath::keys(["kind-dependencies"]).index(i)))
                        .help(suggest::hint(
                            dependency.as_str(),
                            kinds.keys().map(KindName::as_str),
                        )),
                    );
                }
            }
        }
        let edges = kinds.values().flat_map(|kind| {
            kind.dependencies
                .iter()
                .map(|to| (kind.name.clone(), to.clone()))
        });
        let dag = Dag::new(kinds.keys().cloned(), edges);
        let order = dag.dependencies_first();
        let order = order.map(|order| order.into_iter().cloned().collect());
        if wrong.is_empty()
            && let Err(Cycle(names)) = &order
        {
            let path: Vec<_> = names
                .iter()
                .chain(names.first())
                .map(KindName::as_str)
                .collect();
            let mut diagnostic =
                Diagnostic::user(format!("kinds depend on each other: {}", path.join(" -> ")))
                    .help("remove one of these `kind-dependencies`");
            if let Some(first) = names.first().and_then(|name| kinds.get(name)) {
                diagnostic = diagnostic
                    .in_kind(&first.name)
                    .at(first.place(&ValuePath::keys(["kind-dependencies"])));
            }
            wrong.push(diagnostic);
        }
        let order = order.unwrap_or_default();
        wrong.or_ok(Self { kinds, dag, order })
    }

    fn limited_to(self, graph_config: &GraphConfig, targets: &[String]) -> Outcome<Self> {
        let mut wrong = Diagnostics::new();
        let mut requested = Vec::new();
        for target in targets {
            match self.kinds.keys().find(|name| name.as_str() == target) {
                Some(name) => requested.push(name),
                None => wrong.push(Diagnostic::user(format!("unknown kind `{target}`")).help(
                    suggest::hint(target, self.kinds.keys().map(KindName::as_str)),
                )),
            }
        }
        // Tasks depend on docker images without their kinds saying so.
        requested.extend(
            self.kinds
                .keys()
                .find(|n| n.as_str() == graph_config.docker_image_kind()),
        );
        let labels = self.dag.closure(requested);
        wrong.or_ok(())?;
        Self::new(
            self.kinds
                .into_iter()
                .filter(|(name, _)| labels.contains(name))
                .collect(),
        )
    }

    /// The kind of a name.
    #[must_use]
    pub fn get(&self, name: &KindName) -> Option<&KindDefinition> {
        self.kinds.get(name)
    }

    /// Every kind after its dependencies. Of the kinds that may come next, the one with the smallest
    /// name is first. This order determines the order of tasks everywhere.
    #[must_use]
    pub fn in_order(&self) -> Vec<&KindDefinition> {
        let order = self.order.iter();
        order.filter_map(|name| self.kinds.get(name)).collect()
    }

    /// The same kinds in the order in which taskgraph generated them one after the other: by name, but
    /// a kind that has to wait comes again after all others.
    #[must_use]
    pub fn in_order_of_visits(mut self) -> Self {
        let mut queue: VecDeque<KindName> = self.kinds.keys().cloned().collect();
        let mut seen = BTreeSet::new();
        self.order.clear();
        while let Some(name) = queue.pop_front() {
            if seen.contains(&name) {
                continue;
            }
            let dependencies = self.dag.dependencies(&name).into_iter();
            let missing: Vec<KindName> = dependencies
                .filter(|one| !seen.contains(*one))
                .cloned()
                .collect();
            if missing.is_empty() {
                seen.insert(name.clone());
                self.order.push(name);
            } else {
                queue.extend(missing);
                queue.push_back(name);
            }
        }
        self
    }

    /// The dependencies: a kind's edges lead to those that it depends on.
    #[must_use]
    pub fn dag(&self) -> &Dag<KindName> {
        &self.dag
    }

    /// The graph as a Mermaid flowchart, as the peer draws it.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let id = |name: &KindName| name.as_str().replace('-', "_");
        let mut lines = vec!["flowchart TD".to_owned()];
        lines.extend(
            self.kinds
                .keys()
                .map(|name| format!("    {}[{name}]", id(name))),
        );
        let mut edges: Vec<_> = self
            .kinds
            .values()
            .flat_map(|kind| kind.dependencies.iter().map(move |to| (&kind.name, to)))
            .collect();
        edges.sort_unstable();
        edges.dedup();
        lines.extend(
            edges
                .into_iter()
                .map(|(kind, to)| format!("    {} --> {}", id(to), id(kind))),
        );
        lines.join("\n")
    }
}
