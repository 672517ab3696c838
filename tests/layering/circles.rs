//! No files of one room import each other in a circle.
//!
//! 1. A file imports another when a path in it leads to something that the other defines: through
//!    `crate::`, `super::` or `self::`, through a child module, or through a name that it has imported.
//! 2. A re-export is an import: who imports a name through it depends on the file that re-exports it and
//!    on the file that defines it. A file that declares `mod x;` does not import `x` by that alone, and
//!    a path through a module does not import what else that module's file holds.
//! 3. Code that is compiled for tests only (`#[cfg(test)]`, and the files of modules so marked) is left out:
//!    a test may make its input with whatever the room has. Ranks between rooms bind it still.
//! 4. Of this graph, no component may have two files.
//!
//! Methods are not seen: `impl` blocks of one type in two files, and calls of what they add.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use super::modules::{Contents, Module, ModulePath, Path, absolute, read};
use super::sources::{Source, all};

#[test]
fn files_of_a_room_do_not_import_each_other_in_a_circle() {
    let sources = all();
    let imports = Imports::new(&sources);
    let found: Vec<String> = imports
        .circles()
        .iter()
        .map(|circle| imports.explain(circle))
        .collect();
    assert!(found.is_empty(), "circles of files:\n{}", found.join("\n"));
}

/// The deepest chain of re-exports and imported names that is followed.
const DEPTH: usize = 16;

/// All modules, and where each file leads.
struct Imports<'a> {
    sources: &'a [Source],
    modules: BTreeMap<ModulePath, (usize, Module)>,
    /// For each file the files of its room that it imports, with the first line that does.
    edges: Vec<BTreeMap<usize, usize>>,
}

impl<'a> Imports<'a> {
    fn new(sources: &'a [Source]) -> Self {
        let mut imports = Self {
            sources,
            modules: BTreeMap::new(),
            edges: vec![BTreeMap::new(); sources.len()],
        };
        let mut paths = Vec::new();
        let mut test_modules = Vec::new();
        for (file, source) in sources.iter().enumerate() {
            let contents: Contents = read(source);
            for (path, module) in contents.modules {
                imports.modules.insert(path, (file, module));
            }
            paths.push(contents.paths);
            test_modules.extend(contents.test_modules);
        }
        for (file, paths) in paths.into_iter().enumerate() {
            let module = sources[file].module();
            if test_modules.iter().any(|test| module.starts_with(test)) {
                continue;
            }
            for path in paths.iter().filter(|path| !path.test) {
                imports.add(file, path);
            }
        }
        imports
    }

    fn add(&mut self, file: usize, path: &Path) {
        let mut files = BTreeSet::new();
        self.follow(&path.module, &path.segments, &mut files, DEPTH);
        if path.glob {
            let words = &self.modules[&path.module].1.words;
            for word in words {
                let mut named = path.segments.clone();
                named.push(word.clone());
                if self.is_exported(&path.module, &named) {
                    self.follow(&path.module, &named, &mut files, DEPTH);
                }
            }
        }
        for other in files {
            if other != file && self.sources[other].room() == self.sources[file].room() {
                self.edges[file].entry(other).or_insert(path.line);
            }
        }
    }

    /// Adds the files to which a path in `module` leads.
    fn follow(
        &self,
        module: &[String],
        segments: &[String],
        files: &mut BTreeSet<usize>,
        depth: usize,
    ) {
        if let Some(found) = absolute(module, segments) {
            // From the root, or from the modules that `super` has climbed to.
            self.walk(&[], &found, files, depth);
        } else if self.is_exported(module, segments) {
            self.walk(module, segments, files, depth);
        }
    }

    /// Whether the first name behind a module is one that the module has.
    fn is_exported(&self, module: &[String], segments: &[String]) -> bool {
        let path = absolute(module, segments).unwrap_or_else(|| [module, segments].concat());
        let length = if absolute(module, segments).is_some() {
            path.len()
        } else {
            module.len() + 1
        };
        let Some((name, parent)) = path[..length].split_last() else {
            return false;
        };
        let Some((_, declared)) = self.modules.get(parent) else {
            return false;
        };
        self.modules.contains_key(&path[..length])
            || declared.items.contains(name)
            || declared.imports.contains_key(name)
    }

    /// Walks from a module along names to what they lead to.
    fn walk(&self, module: &[String], names: &[String], files: &mut BTreeSet<usize>, depth: usize) {
        let (Some((file, declared)), Some(deeper)) =
            (self.modules.get(module), depth.checked_sub(1))
        else {
            return;
        };
        let Some((name, rest)) = names.split_first() else {
            files.insert(*file);
            return;
        };
        let mut child = module.to_vec();
        child.push(name.clone());
        if self.modules.contains_key(&child) {
            self.walk(&child, rest, files, depth);
            return;
        }
        files.insert(*file);
        if declared.items.contains(name) {
            return;
        }
        if let Some(imported) = declared.imports.get(name) {
            for path in imported {
                self.follow(module, &[path, rest].concat(), files, deeper);
            }
            return;
        }
        for glob in &declared.globs {
            let mut path = glob.clone();
            path.push(name.clone());
            if self.is_exported(module, &path) {
                self.follow(module, &[&path, rest].concat(), files, deeper);
            }
        }
    }

    /// The components of more than one file, as paths.
    fn circles(&self) -> Vec<Vec<&'a str>> {
        let mut graph = DiGraph::<usize, ()>::new();
        let nodes: Vec<_> = (0..self.edges.len())
            .map(|file| graph.add_node(file))
            .collect();
        for (from, edges) in self.edges.iter().enumerate() {
            for to in edges.keys() {
                graph.add_edge(nodes[from], nodes[*to], ());
            }
        }
        let mut found: Vec<Vec<&str>> = tarjan_scc(&graph)
            .into_iter()
            .filter(|component| component.len() > 1)
            .map(|component| {
                let mut files: Vec<&str> = component
                    .into_iter()
                    .map(|node| self.sources[graph[node]].path.as_str())
                    .collect();
                files.sort_unstable();
                files
            })
            .collect();
        found.sort();
        found
    }

    /// Shows a component as shortest circles, until each of its files has been in one.
    fn explain(&self, circle: &[&str]) -> String {
        let members: BTreeSet<usize> = circle
            .iter()
            .map(|path| {
                self.sources
                    .iter()
                    .position(|source| source.path == **path)
                    .unwrap()
            })
            .collect();
        let mut shown = BTreeSet::new();
        let mut lines = vec![format!("{} files of a circle:", circle.len())];
        for start in &members {
            if shown.contains(start) {
                continue;
            }
            let chain = self.shortest_circle(*start, &members);
            let steps: Vec<String> = chain
                .windows(2)
                .map(|pair| {
                    let line = self.edges[pair[0]][&pair[1]];
                    format!("{}:{line}", self.sources[pair[0]].path)
                })
                .collect();
            lines.push(format!(
                "  {} → {}",
                steps.join(" → "),
                self.sources[*start].path
            ));
            shown.extend(chain);
        }
        lines.join("\n")
    }

    fn shortest_circle(&self, start: usize, members: &BTreeSet<usize>) -> Vec<usize> {
        let mut before: BTreeMap<usize, usize> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(file) = queue.pop_front() {
            for to in self.edges[file].keys().filter(|to| members.contains(to)) {
                if *to == start {
                    let mut chain = vec![start, file];
                    while let Some(previous) = before.get(chain.last().unwrap()) {
                        chain.push(*previous);
                    }
                    if file == start {
                        chain.pop();
                    }
                    chain.reverse();
                    return chain;
                }
                if !before.contains_key(to) {
                    before.insert(*to, file);
                    queue.push_back(*to);
                }
            }
        }
        vec![start]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles between sources, each as its explanation.
    fn circles(sources: &[(&str, &str)]) -> Vec<String> {
        let root = ("lib.rs", "pub mod room; pub mod other;");
        let mut sources: Vec<Source> = [root]
            .iter()
            .chain(sources)
            .map(|(path, text)| Source::new(path, text))
            .collect();
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        let imports = Imports::new(&sources);
        imports
            .circles()
            .iter()
            .map(|circle| imports.explain(circle))
            .collect()
    }

    #[test]
    fn siblings_that_import_each_other_are_a_circle() {
        let found = circles(&[
            ("room/mod.rs", "mod a; mod b; mod c;"),
            ("room/a.rs", "use super::b::B;\npub struct A(B);"),
            (
                "room/b.rs",
                "\nuse crate::room::c;\npub struct B;\nfn f() { c::g(); }",
            ),
            ("room/c.rs", "pub fn g() -> super::a::A {}"),
        ]);
        assert_eq!(
            found,
            ["3 files of a circle:\n  room/a.rs:1 → room/b.rs:2 → room/c.rs:1 → room/a.rs"]
        );
    }

    #[test]
    fn parent_and_child_that_import_each_other_are_a_circle() {
        let found = circles(&[
            (
                "room/mod.rs",
                "mod a;\npub struct Context;\nfn f() { a::run(); }",
            ),
            ("room/a.rs", "pub fn run(context: &super::Context) {}"),
        ]);
        assert_eq!(
            found,
            ["2 files of a circle:\n  room/a.rs:1 → room/mod.rs:3 → room/a.rs"]
        );
    }

    #[test]
    fn a_re_export_is_an_import() {
        let found = circles(&[
            (
                "room/mod.rs",
                "mod a; mod b;\npub use a::run;\npub use b::Context;",
            ),
            (
                "room/a.rs",
                "use super::Context;\npub fn run(context: &Context) {}",
            ),
            ("room/b.rs", "pub struct Context;"),
        ]);
        assert_eq!(
            found,
            ["2 files of a circle:\n  room/a.rs:1 → room/mod.rs:2 → room/a.rs"]
        );
    }

    #[test]
    fn a_name_behind_a_re_export_leads_to_the_file_that_defines_it() {
        let found = circles(&[
            ("room/mod.rs", "pub mod a; mod b; pub mod facade;"),
            (
                "room/a.rs",
                "use crate::room::facade;\npub fn run() { facade::help(); }",
            ),
            ("room/b.rs", "pub fn help() { super::a::run(); }"),
            ("room/facade.rs", "pub use super::b::help as help;"),
        ]);
        assert_eq!(
            found,
            [
                "3 files of a circle:\n  room/a.rs:2 → room/b.rs:1 → room/a.rs\n  \
                 room/facade.rs:1 → room/b.rs:1 → room/a.rs:1 → room/facade.rs"
            ]
        );
    }

    #[test]
    fn an_import_of_all_names_counts_for_those_that_are_used() {
        let sources = [
            ("room/mod.rs", "mod a; mod b; mod c; mod all;"),
            ("room/all.rs", "pub use super::b::B; pub use super::c::C;"),
            ("room/a.rs", "use super::all::*;\npub struct A(B);"),
            ("room/b.rs", "pub struct B;"),
            ("room/c.rs", "pub struct C; fn f(a: super::a::A) {}"),
        ];
        let found = circles(&sources);
        assert_eq!(
            found,
            ["3 files of a circle:\n  room/a.rs:1 → room/all.rs:1 → room/c.rs:1 → room/a.rs"]
        );
        let mut without = sources;
        without[1].1 = "pub use super::b::B;";
        assert!(circles(&without).is_empty());
    }

    #[test]
    fn one_way_imports_are_not_a_circle() {
        let found = circles(&[
            (
                "room/mod.rs",
                "mod a; mod b;\npub use a::A;\nuse crate::other;",
            ),
            (
                "room/a.rs",
                "use super::b::B;\npub struct A(B);\nimpl A { fn room() { room::x() } }",
            ),
            (
                "room/b.rs",
                "pub struct B; fn f() { self::B::new(); crate::other::f(); }",
            ),
            // Between rooms, ranks decide.
            ("other/mod.rs", "pub fn f() { crate::room::A::room() }"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn test_code_may_import_anything() {
        let found = circles(&[
            ("room/mod.rs", "mod a; mod b;"),
            (
                "room/a.rs",
                "pub struct A;\n#[cfg(test)]\nmod tests { use super::super::b::B; }",
            ),
            (
                "room/b.rs",
                "use super::a::A;\npub struct B(A);\n#[cfg(test)]\nmod tests;",
            ),
            ("room/b/tests.rs", "use super::*;\nfn t() -> B {}"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
