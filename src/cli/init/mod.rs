//! The command `init`: makes a project that works at once, and asks nothing.
//!
//! The files are templates in which the repository's name, address and branch are filled in. They
//! have one kind of docker images and one of tasks that run in it.

mod image;

use std::path::Path;
use std::process::ExitCode;

pub use image::Image;

use super::args::InitArgs;
use super::output::Output;
use super::outside::working_folder;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::repo_url::parse_repository_url;
use crate::decision::vcs_diagnostic;
use crate::ports::environment::Environment;
use crate::ports::files::metadata;
use crate::ports::output_path::{OutputPaths, cannot_write};
use crate::ports::vcs::Vcs;

/// A file of a new project.
struct Template {
    /// Its path from the root of the repository.
    path: &'static str,
    /// Its text.
    text: &'static str,
}

/// Every file of a new project.
static TEMPLATES: &[Template] = &[
    Template {
        path: ".taskcluster.yml",
        text: include_str!("templates/taskcluster.yml"),
    },
    Template {
        path: "taskcluster/config.yml",
        text: include_str!("templates/config.yml"),
    },
    Template {
        path: "taskcluster/docker/linux/Dockerfile",
        text: include_str!("templates/Dockerfile"),
    },
    Template {
        path: "taskcluster/kinds/docker-image/kind.yml",
        text: include_str!("templates/docker-image.yml"),
    },
    Template {
        path: "taskcluster/kinds/hello/kind.yml",
        text: include_str!("templates/hello.yml"),
    },
];

/// How long the name of a provisioner may be, less the level and its dash.
const LONGEST: usize = 36;

/// What is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names {
    trust_domain: String,
    name: String,
    repository: String,
    branch: String,
    image: Image,
}

impl Names {
    fn fill(&self, text: &str) -> String {
        [
            ("%TRUST_DOMAIN%", self.trust_domain.as_str()),
            ("%NAME%", &self.name),
            ("%REPOSITORY%", &self.repository),
            ("%BRANCH%", &self.branch),
            ("%IMAGE%", self.image.as_str()),
        ]
        .iter()
        .fold(text.to_owned(), |text, (key, value)| {
            text.replace(key, value)
        })
    }
}

/// Makes the files of a project in the repository around the working folder.
///
/// # Errors
/// When there is no repository, it has no remote on GitHub, it has some of the files already and `force` is not set, or one
/// cannot be written.
pub fn run(args: &InitArgs, environment: &Environment, output: &Output) -> Outcome<ExitCode> {
    let vcs = crate::vcs::discover(&working_folder()?, environment).map_err(|error| {
        Diagnostic::user("there is no repository to make a project in")
            .because(error)
            .help("run `git init` first")
    })?;
    let root = vcs.root();
    let names = names(vcs.as_ref(), args.image.as_ref())?;
    if !args.force {
        refuse_existing(root)?;
    }
    let paths = OutputPaths::new(root, Some(vcs.as_ref()));
    for template in TEMPLATES {
        let file = paths.file(Path::new(template.path))?;
        write(file.path(), &names.fill(template.text))
            .map_err(|error| cannot_write(file.shown(), error))?;
        output.status(&format!("Wrote {}", template.path));
    }
    let image = &names.image;
    output.status(&match (args.image.is_some(), image.has_digest()) {
        (true, true) => format!("The decision task runs in {image}; workers have to be able to pull it"),
        (true, false) => format!(
            "The decision task runs in {image}; workers have to be able to pull it. Add its digest in \
             .taskcluster.yml, so that it stays the same image"
        ),
        (false, _) => format!(
            "The decision task runs in {image}, which is not published: build it with \
             docker/decision/build-image from snowman's repository, push it, and add its digest in \
             .taskcluster.yml"
        ),
    });
    output.status("Look at the graph with `snowman full`, and at its tasks with `snowman morphed --no-optimize --json`");
    Ok(ExitCode::SUCCESS)
}

fn refuse_existing(root: &Path) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for template in TEMPLATES {
        if metadata(&root.join(template.path))?.is_some() {
            wrong.push(
                Diagnostic::user(format!("there is a file `{}` already", template.path))
                    .help("`snowman init --force` replaces it"),
            );
        }
    }
    wrong.or_ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// What is filled in.
fn names(vcs: &dyn Vcs, image: Option<&Image>) -> Result<Names, Diagnostic> {
    let asked = |error| vcs_diagnostic(&error);
    let url = vcs.remote_url().map_err(asked)?.unwrap_or_default();
    let parsed = parse_repository_url(&url).filter(|parsed| parsed.host == "github.com");
    let Some((owner, name)) = parsed.and_then(|parsed| Some((parsed.owner?, parsed.name))) else {
        return Err(Diagnostic::user("the repository has no remote on GitHub")
            .because("tasks name their source by its address there")
            .help("run `git remote add origin https://github.com/OWNER/NAME` first"));
    };
    let repository = format!("https://github.com/{owner}/{name}");
    let name = plain(&name);
    let branch = match vcs.branch().map_err(asked)?.as_deref() {
        Some("master") => "master",
        _ => "main",
    };
    Ok(Names {
        trust_domain: name.to_lowercase().chars().take(LONGEST).collect(),
        name,
        repository,
        branch: branch.to_owned(),
        image: image.cloned().unwrap_or_else(|| Image::of_owner(&owner)),
    })
}

/// A name with nothing but what GitHub and YAML take as it is.
fn plain(name: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = name
        .chars()
        .map(|c| if kept(c) { c } else { '-' })
        .collect();
    match name.trim_matches('-') {
        "" => "project".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decision_task_is_that_of_this_project() {
        let own = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.taskcluster.yml"));
        let names = Names {
            trust_domain: "snowman".to_owned(),
            name: "snowman".to_owned(),
            repository: "https://github.com/snowman-ci/snowman".to_owned(),
            branch: "main".to_owned(),
            image: Image::of_owner("snowman-ci"),
        };
        let made = names.fill(include_str!("templates/taskcluster.yml"));
        assert_eq!(
            made,
            own.unwrap(),
            "copy .taskcluster.yml to src/cli/init/templates"
        );
    }

    #[test]
    fn names_are_plain() {
        assert_eq!(plain("a.b c"), "a-b-c");
        assert_eq!(plain("..."), "project");
    }
}
