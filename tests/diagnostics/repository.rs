//! A repository in which one file changes.

use std::fs;
use std::path::Path;
use std::process::Command;

use snowman::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::decision::{Context, Phases};
use snowman::ports::clock::SystemClock;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::ports::vcs::Vcs;
use snowman::task_scripts::TaskScripts;

use super::cases::{self, File};
use super::document;

pub struct Repository {
    folder: tempfile::TempDir,
    environment: Environment,
    vcs: Box<dyn Vcs>,
}

impl Repository {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (name, text) in [
            ("taskcluster/scripts/toolchain/tool.sh", "make\n"),
            ("taskcluster/docker/img/Dockerfile", "FROM debian\n"),
        ] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), text).unwrap();
        }
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        for arguments in [
            vec!["init", "--quiet"],
            vec!["add", "--all"],
            [&who[..], &["commit", "--quiet", "--message", "all"]].concat(),
        ] {
            let mut git = Command::new("git");
            let done = git.args(arguments).current_dir(root).status();
            assert!(done.unwrap().success());
        }
        let environment = Environment::default()
            .with("PATH", Environment::of_process().get("PATH").unwrap())
            .with("TASKCLUSTER_ROOT_URL", "https://taskcluster.example.com");
        Self {
            vcs: snowman::vcs::discover(root, &environment).unwrap(),
            folder,
            environment,
        }
    }

    /// The diagnostics for a file with this text.
    pub fn diagnostics(&self, file: File, text: &str) -> Vec<Diagnostic> {
        let diagnostics = match file {
            File::Parameters => read_parameters(text).map(drop),
            File::Config | File::Kind => self.generate(file, text),
        };
        diagnostics
            .err()
            .iter()
            .flat_map(Diagnostics::iter)
            .cloned()
            .collect()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        fs::write(path, text).unwrap();
    }

    fn generate(&self, file: File, text: &str) -> Outcome<()> {
        let (config, _) = document::write(&cases::config());
        let (other, _) = document::write(&cases::other_kind());
        self.write(File::Config.path(), &config);
        self.write("taskcluster/kinds/other/kind.yml", &other);
        let _ = fs::remove_file(self.folder.path().join(File::Kind.path()));
        self.write(file.path(), text);
        let files = Disk::new(self.folder.path()).unwrap();
        let graph_config = GraphConfig::load(&files, "taskcluster")?;
        let (params, _) = document::write(&cases::parameters());
        let params = read_parameters(&params)?;
        let phases = Phases {
            context: Context {
                files: &files,
                vcs: Some(self.vcs.as_ref()),
                environment: &self.environment,
                clock: &SystemClock,
                taskcluster: None,
                python: None,
                cache: None,
                task_scripts: &TaskScripts::default(),
                fast: false,
                stop: &snowman::ports::stop::NEVER,
            },
            graph_config: &graph_config,
            params: &params,
            verify: true,
            artifacts: None,
        };
        phases.full().map(drop)
    }
}

fn read_parameters(text: &str) -> Outcome<Parameters> {
    let name = File::Parameters.path();
    let (values, places) = Parameters::read_with_places(name, text.as_bytes())?;
    let place = |path: &_| places.as_ref()?.exact(path);
    Parameters::check(values, Strictness::Strict, &place)
}
