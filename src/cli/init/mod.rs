//! The command `init`: creates a working project without asking questions.
//!
//! The files are templates, completed with the repository's name, URL and branch. They contain one kind
//! of docker images and one kind of tasks that run in the image.

use std::path::Path;
use std::process::ExitCode;

use super::args::{DecisionImage, InitArgs};
use super::helper::CommandHelper;
use super::repository::working_folder;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::repo_url::parse_repository_url;
use crate::decision::vcs_diagnostic;
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

/// The longest name of a provisioner, without the level and its dash.
const MAX_LENGTH: usize = 36;

/// The values of the placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Placeholders {
    trust_domain: String,
    name: String,
    repository: String,
    branch: String,
    image: DecisionImage,
}

impl Placeholders {
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

/// Creates the files of a project in the repository that contains the working folder.
///
/// # Errors
/// When there is no repository, it has no remote on GitHub, a file exists and `force` is not set, or a
/// file cannot be written.
pub fn run(args: &InitArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let output = command.output;
    let vcs = crate::vcs::discover(&working_folder()?, &command.environment).map_err(|error| {
        Diagnostic::user("no repository found to create a project in")
            .because(error)
            .help("run `git init` first")
    })?;
    let root = vcs.root();
    let placeholders = placeholders(vcs.as_ref(), args.image.as_ref())?;
    if !args.force {
        refuse_existing(root)?;
    }
    let paths = OutputPaths::new(root, Some(vcs.as_ref()));
    for template in TEMPLATES {
        let file = paths.file(Path::new(template.path))?;
        write(file.path(), &placeholders.fill(template.text))
            .map_err(|error| cannot_write(file.display_path(), error))?;
        output.status(&format!("Wrote {}", template.path));
    }
    let image = &placeholders.image;
    output.status(&match (args.image.is_some(), image.has_digest()) {
        (true, true) => format!("The decision task runs in {image}; workers must be able to pull it"),
        (true, false) => format!(
            "The decision task runs in {image}; workers must be able to pull it. Add its digest in \
             .taskcluster.yml to pin the image"
        ),
        (false, _) => format!(
            "The decision task runs in {image}, which is not published: build it with \
             docker/decision/build-image from snowman's repository, push it to the registry, and add \
             its digest in .taskcluster.yml"
        ),
    });
    output.status("Show the graph with `snowman full`, and its tasks with `snowman morphed --no-optimize --json`");
    Ok(ExitCode::SUCCESS)
}

fn refuse_existing(root: &Path) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for template in TEMPLATES {
        if metadata(&root.join(template.path))?.is_some() {
            wrong.push(
                Diagnostic::user(format!("the file `{}` already exists", template.path))
                    .help("run `snowman init --force` to overwrite it"),
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

/// Derives the values of the placeholders from the repository.
fn placeholders(vcs: &dyn Vcs, image: Option<&DecisionImage>) -> Result<Placeholders, Diagnostic> {
    let vcs_error = |error| vcs_diagnostic(&error);
    let url = vcs.remote_url().map_err(vcs_error)?.unwrap_or_default();
    let parsed = parse_repository_url(&url).filter(|parsed| parsed.host == "github.com");
    let Some((owner, name)) = parsed.and_then(|parsed| Some((parsed.owner?, parsed.name))) else {
        return Err(Diagnostic::user("the repository has no remote on GitHub")
            .because("task definitions refer to their source by its URL on GitHub")
            .help("run `git remote add origin https://github.com/OWNER/NAME` first"));
    };
    let repository = format!("https://github.com/{owner}/{name}");
    let name = plain_name(&name);
    let branch = match vcs.branch().map_err(vcs_error)?.as_deref() {
        Some("master") => "master",
        _ => "main",
    };
    Ok(Placeholders {
        trust_domain: name.to_lowercase().chars().take(MAX_LENGTH).collect(),
        name,
        repository,
        branch: branch.to_owned(),
        image: image
            .cloned()
            .unwrap_or_else(|| DecisionImage::of_organization(&owner)),
    })
}

/// Replaces the characters of a name that YAML would not accept unquoted.
fn plain_name(name: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = name
        .chars()
        .map(|c| if is_allowed(c) { c } else { '-' })
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
    fn the_template_matches_this_projects_own_file() {
        let own = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.taskcluster.yml"));
        let placeholders = Placeholders {
            trust_domain: "snowman".to_owned(),
            name: "snowman".to_owned(),
            repository: "https://github.com/snowman-ci/snowman".to_owned(),
            branch: "main".to_owned(),
            image: DecisionImage::of_organization("snowman-ci"),
        };
        let filled = placeholders.fill(include_str!("templates/taskcluster.yml"));
        assert_eq!(
            filled,
            own.unwrap(),
            "copy .taskcluster.yml to src/cli/init/templates"
        );
    }

    #[test]
    fn names_are_plain() {
        assert_eq!(plain_name("a.b c"), "a-b-c");
        assert_eq!(plain_name("..."), "project");
    }
}
