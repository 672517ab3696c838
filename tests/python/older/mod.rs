//! Projects with an older release of taskgraph, whose rules the phases after the kinds follow.
//!
//! The expected results are those of the release itself. `tests/parity/run --install` installs the
//! releases of `tests/parity/older.txt` beside the peer, whose packages they use. Without one, its tests
//! are skipped and say so.

mod decisions;
mod documents;
mod selection;
mod verifications;

use std::path::PathBuf;

use super::world::{World, python};

/// A release of taskgraph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
struct Release([u64; 3]);

impl Release {
    fn name(self) -> String {
        self.0.map(|number| number.to_string()).join(".")
    }

    /// The folder in which it is installed, and the interpreter that it is used with.
    #[expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]
    fn installed(self) -> Option<(PathBuf, PathBuf)> {
        let python = python()?;
        let folder = python.parent()?.parent()?.join("older").join(self.name());
        if !folder.is_dir() {
            eprintln!(
                "skipped: there is no taskgraph {}; `tests/parity/run --install` installs it",
                self.name()
            );
            return None;
        }
        Some((folder, python))
    }

    /// Whether kinds are in `ci`.
    fn has_old_layout(self) -> bool {
        self < Self([7, 0, 0])
    }

    /// The arguments of a command.
    fn arguments<'a>(self, arguments: &[&'a str]) -> Vec<&'a str> {
        let root: &[&str] = match self.has_old_layout() {
            true => &["--root", "taskcluster/ci"],
            false => &[],
        };
        [arguments, root].concat()
    }

    /// A project that uses this release, with two commits, of which the second changes a file in `docs`.
    fn world(self) -> Option<World> {
        let (release, python) = self.installed()?;
        let world = World::of(python, "older/project");
        let modules = world.root().parent().unwrap().join("modules");
        let paths = [release, modules.clone()].map(|path| path.to_str().unwrap().to_owned());
        let world = world.variable("PYTHONPATH", &paths.join(":"));
        // Old releases import it without using it.
        std::fs::create_dir(&modules).unwrap();
        std::fs::write(modules.join("requests_unixsocket.py"), "").unwrap();
        if self.has_old_layout() {
            let ci = world.root().join("taskcluster/ci");
            std::fs::rename(world.root().join("taskcluster/kinds"), &ci).unwrap();
            let config = world.root().join("taskcluster/config.yml");
            std::fs::rename(config, ci.join("config.yml")).unwrap();
        }
        let base = world.head();
        let world = world.file("docs/read.me", "Read this.\n");
        world.git(&["add", "--all"]);
        world.git(&["commit", "--quiet", "--message=docs"]);
        let head = world.head();
        Some(world.with("params/push.yml", "BASE_REV", &base).with(
            "params/push.yml",
            "HEAD_REV",
            &head,
        ))
    }
}
