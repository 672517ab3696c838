//! Runs the entry point of the decision image with test repositories.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ABSENT: &str = "1234567890123456789012345678901234567890";

/// A git repository with three commits on `main`, and a folder for checkouts.
struct Fixture {
    folder: TempDir,
    revisions: Vec<String>,
}

impl Fixture {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let origin = folder.path().join("origin");
        fs::create_dir(&origin).unwrap();
        git(&origin, &["init", "--quiet", "--initial-branch=main"]);
        let mut revisions = Vec::new();
        for name in ["first", "second", "third"] {
            fs::write(origin.join(name), name).unwrap();
            git(&origin, &["add", "."]);
            git(&origin, &["commit", "--quiet", "--message", name]);
            revisions.push(git(&origin, &["rev-parse", "HEAD"]));
        }
        Self { folder, revisions }
    }

    /// Runs the entry point with these variables, in addition to the address and the folder.
    fn run(&self, variables: &[(&str, &str)], command: &[&str]) -> Output {
        entrypoint()
            .env("SNOWMAN_REPOSITORY_TYPE", "git")
            .env("SNOWMAN_HEAD_REPOSITORY", self.folder.path().join("origin"))
            .env("SNOWMAN_CHECKOUT", self.folder.path().join("checkout"))
            .envs(variables.iter().copied())
            .args(command)
            .output()
            .unwrap()
    }
}

fn entrypoint() -> Command {
    let mut command = Command::new("sh");
    command
        .arg(Path::new(ROOT).join("docker/decision/entrypoint"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    for name in [
        "SNOWMAN_BASE_REPOSITORY",
        "SNOWMAN_BASE_REV",
        "SNOWMAN_CHECKOUT",
        "SNOWMAN_FETCH_DEPTH",
        "SNOWMAN_HEAD_REF",
        "SNOWMAN_HEAD_REPOSITORY",
        "SNOWMAN_HEAD_REV",
        "SNOWMAN_REPOSITORY_TYPE",
    ] {
        command.env_remove(name);
    }
    command
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .args(["-c", "user.name=Jane", "-c", "user.email=jane@example.org"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the entry point's error message when the checkout fails.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let line = stderr.lines().next_back().unwrap();
    line.strip_prefix("entrypoint: ").unwrap().to_owned()
}

#[test]
fn without_a_repository_the_command_runs_in_the_working_folder() {
    let folder = TempDir::new().unwrap();
    let output = entrypoint()
        .current_dir(folder.path())
        .args([
            "sh",
            "-c",
            "ls -A; printf '<%s>' \"$@\"",
            "sh",
            "a b",
            "$(id)",
        ])
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "<a b><$(id)>");
}

#[test]
fn a_missing_command_is_a_usage_error() {
    assert_eq!(entrypoint().output().unwrap().status.code(), Some(2));
}

#[test]
fn only_the_revision_and_its_base_are_fetched() {
    let fixture = Fixture::new();
    let [first, second, third] = [0, 1, 2].map(|index| fixture.revisions[index].as_str());
    let output = fixture.run(
        &[
            ("SNOWMAN_HEAD_REV", third),
            ("SNOWMAN_HEAD_REF", "refs/heads/main"),
            ("SNOWMAN_BASE_REV", first),
            ("SNOWMAN_FETCH_DEPTH", "1"),
        ],
        &[
            "sh",
            "-c",
            "git rev-parse HEAD
             git diff --name-only \"$SNOWMAN_BASE_REV\" HEAD
             git cat-file -e \"$1\" 2>/dev/null || echo shallow
             git status --short
             ls -d artifacts docker-contexts",
            "sh",
            second,
        ],
    );
    assert_eq!(
        stdout(&output),
        format!("{third}\nsecond\nthird\nshallow\nartifacts\ndocker-contexts\n")
    );
}

#[test]
fn annotated_tag_is_checked_out_as_its_commit() {
    let fixture = Fixture::new();
    let origin = fixture.folder.path().join("origin");
    git(
        &origin,
        &["tag", "--annotate", "--message=v1", "v1", "HEAD~1"],
    );
    let tag = git(&origin, &["rev-parse", "v1"]);
    let output = fixture.run(
        &[
            ("SNOWMAN_HEAD_REV", &tag),
            ("SNOWMAN_HEAD_REF", "refs/tags/v1"),
        ],
        &["git", "rev-parse", "HEAD"],
    );
    assert_eq!(stdout(&output).trim(), fixture.revisions[1]);
}

#[test]
fn a_branch_with_any_name_is_enough() {
    let fixture = Fixture::new();
    let origin = fixture.folder.path().join("origin");
    let name = "a/$(touch${IFS}pwned);`id`'\"";
    git(&origin, &["branch", name, "HEAD~2"]);
    let output = fixture.run(
        &[("SNOWMAN_HEAD_REF", name)],
        &["sh", "-c", "git rev-parse HEAD; ls"],
    );
    assert_eq!(
        stdout(&output),
        format!(
            "{}\nartifacts\ndocker-contexts\nfirst\n",
            fixture.revisions[0]
        )
    );
}

#[test]
fn a_missing_base_is_only_reported() {
    let fixture = Fixture::new();
    let output = fixture.run(
        &[
            ("SNOWMAN_HEAD_REV", &fixture.revisions[2]),
            ("SNOWMAN_BASE_REV", ABSENT),
        ],
        &["git", "rev-parse", "HEAD"],
    );
    assert_eq!(stdout(&output).trim(), fixture.revisions[2]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains(&format!("base revision {ABSENT} is not in")),
        "{stderr}"
    );
}

#[test]
fn a_missing_revision_is_reported() {
    let fixture = Fixture::new();
    let output = fixture.run(
        &[("SNOWMAN_HEAD_REV", ABSENT), ("SNOWMAN_HEAD_REF", "main")],
        &["true"],
    );
    assert_eq!(
        refusal(&output),
        format!(
            "revision {ABSENT} is not in {}",
            fixture.folder.path().join("origin").display()
        )
    );
}

#[test]
fn invalid_values_are_refused() {
    let fixture = Fixture::new();
    let revision = fixture.revisions[2].as_str();
    for (variables, reason) in [
        (
            vec![("SNOWMAN_HEAD_REV", "--upload-pack=id")],
            "SNOWMAN_HEAD_REV is not a full hash: --upload-pack=id",
        ),
        (
            vec![("SNOWMAN_HEAD_REV", "cafe")],
            "SNOWMAN_HEAD_REV is not a full hash: cafe",
        ),
        (
            vec![("SNOWMAN_HEAD_REV", revision), ("SNOWMAN_BASE_REV", "HEAD")],
            "SNOWMAN_BASE_REV is not a full hash: HEAD",
        ),
        (
            vec![("SNOWMAN_HEAD_REF", "main:refs/heads/other")],
            "SNOWMAN_HEAD_REF is not the name of a branch or tag: main:refs/heads/other",
        ),
        (
            vec![("SNOWMAN_HEAD_REF", "a\nb")],
            "SNOWMAN_HEAD_REF contains a control character",
        ),
        (
            vec![("SNOWMAN_HEAD_REPOSITORY", "ext::sh -c id")],
            "SNOWMAN_HEAD_REPOSITORY is neither a path nor a URL with https://, http://, ssh:// or \
             file://: ext::sh -c id",
        ),
        (
            vec![("SNOWMAN_HEAD_REPOSITORY", "ssh://-oProxyCommand=id/x")],
            "SNOWMAN_HEAD_REPOSITORY is not a valid URL: ssh://-oProxyCommand=id/x",
        ),
        (
            vec![("SNOWMAN_REPOSITORY_TYPE", "svn")],
            "SNOWMAN_REPOSITORY_TYPE is neither git nor hg: svn",
        ),
        (
            vec![],
            "neither SNOWMAN_HEAD_REV nor SNOWMAN_HEAD_REF is set",
        ),
    ] {
        let output = fixture.run(&variables, &["true"]);
        assert_eq!(refusal(&output), reason);
    }
}

/// Runs `build-image` with a fake docker, which prints its arguments and the files in the context.
fn build_image(folder: &Path, arguments: &[&str]) -> Output {
    use std::os::unix::fs::PermissionsExt;
    let executable = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o755)).unwrap();
    };
    executable(
        "docker",
        "#!/bin/sh\n\
         while [ $# -gt 1 ]; do printf '%s ' \"$1\"; shift; done\n\
         echo; cd \"$1\"; ls; cat requirements.txt; cat snowman\n",
    );
    executable("binary", "the binary\n");
    let path = snowman::ports::environment::Environment::of_process();
    let path = format!("{}:{}", folder.display(), path.get("PATH").unwrap());
    Command::new("sh")
        .arg(Path::new(ROOT).join("docker/decision/build-image"))
        .args(arguments)
        .current_dir(folder)
        .env("PATH", path)
        .output()
        .unwrap()
}

#[test]
fn the_context_has_all_files_that_the_dockerfile_copies() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("locked.txt"), "the requirements\n").unwrap();
    let dockerfile = fs::read_to_string(format!("{ROOT}/docker/decision/Dockerfile")).unwrap();
    let copied = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "));
    let copied: Vec<&str> = copied
        .flat_map(|line| line.rsplit_once(' ').unwrap().0.split(' '))
        .collect();
    for (options, target, requirements) in [
        (&[] as &[_], "", ""),
        (&["--python"], "--target=python ", ""),
        (
            &["--requirements", "locked.txt"],
            "--target=python ",
            "the requirements\n",
        ),
    ] {
        let arguments = [options, &["binary", "example.com:5000/a:1"]].concat();
        let output = stdout(&build_image(folder.path(), &arguments));
        let began = format!("build {target}--tag example.com:5000/a:1 \n");
        assert!(output.starts_with(&began), "{output}");
        assert!(
            output.ends_with(&format!("{requirements}the binary\n")),
            "{output}"
        );
        let there: Vec<&str> = output.lines().collect();
        for file in &copied {
            assert!(there.contains(file), "{file}: {output}");
        }
    }
}

#[test]
fn an_image_tag_needs_a_version() {
    let folder = TempDir::new().unwrap();
    for (tag, why) in [
        ("a:latest", "use a version instead of `latest`: a:latest"),
        (
            "b/a:latest",
            "use a version instead of `latest`: b/a:latest",
        ),
        ("a", "the tag has no version: a"),
        (
            "localhost:5000/a",
            "the tag has no version: localhost:5000/a",
        ),
        ("a:", "the tag has no version: a:"),
    ] {
        let output = build_image(folder.path(), &["binary", tag]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr, format!("build-image: {why}\n"));
    }
    let output = build_image(folder.path(), &["--requirements", "none", "binary", "a:1"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_root_file_system_sets_the_variables_of_the_image() {
    let dockerfile = fs::read_to_string(format!("{ROOT}/docker/decision/Dockerfile")).unwrap();
    let runner = fs::read_to_string(format!("{ROOT}/docker/decision/run-rootfs")).unwrap();
    let path = runner.lines().find_map(|line| line.strip_prefix("path="));
    let runner = runner.replace("$path", path.unwrap());
    let mut variables = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("ENV "))
        .flat_map(|line| line.split(' '))
        .peekable();
    assert!(variables.peek().is_some());
    for variable in variables {
        assert!(runner.contains(variable), "{variable}");
    }
}

#[test]
fn images_are_based_on_a_fixed_debian_release() {
    let mut looked_at = 0;
    for folder in fs::read_dir(format!("{ROOT}/docker")).unwrap() {
        let Ok(text) = fs::read_to_string(folder.unwrap().path().join("Dockerfile")) else {
            continue;
        };
        let stages = text.lines().filter_map(|line| line.strip_prefix("FROM "));
        for image in stages.filter(|image| image.contains(':')) {
            looked_at += 1;
            for moving in [":latest", ":stable", ":testing", ":sid"] {
                assert!(!image.contains(moving), "{image}");
            }
        }
    }
    assert!(looked_at > 0);
}
