//! This project with one platform and two locales, and what a rehearsal of it finds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::sandbox::{Options, Sandbox, WorkerOptions};
use snowman::stage::history::Bundle;
use tempfile::TempDir;

use super::edits::replace;

/// The platforms of this project, as files name them.
const NAMES: [&str; 5] = ["linux64", "linux64-aarch64", "macosx64", "osx", "win64"];

/// The locales that the small project has.
const LOCALES: [&str; 2] = ["de", "en-US"];

/// The platform that a small project has.
pub struct Platform {
    /// Its name.
    name: &'static str,
    /// Its name in bouncer.
    system: &'static str,
    /// Its folder in the archive.
    folder: &'static str,
    /// The file with its builds, and the task that repacks them for partners.
    family: &'static str,
}

pub const LINUX: Platform = Platform {
    name: "linux64",
    system: "linux64",
    folder: "linux-x86_64",
    family: "linux",
};

pub const MACOS: Platform = Platform {
    name: "macosx64",
    system: "osx",
    folder: "mac",
    family: "macosx",
};

pub const WINDOWS: Platform = Platform {
    name: "win64",
    system: "win64",
    folder: "win64",
    family: "windows",
};

/// This project with one platform, Linux, and two locales.
pub fn small_project() -> TempDir {
    small_project_for(&LINUX)
}

/// This project with one platform and two locales.
pub fn small_project_for(platform: &Platform) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in ["browser", "kinds", "taskcluster", "docker"] {
        copy(&root.join(path), &folder.path().join(path));
    }
    for path in [".taskcluster.yml", "version.txt"] {
        fs::copy(root.join(path), folder.path().join(path)).unwrap();
    }
    let build = folder.path().join("kinds/build");
    let linux = fs::read_to_string(build.join("linux.yml")).unwrap();
    let (first, _) = linux.split_once("\nlinux64-aarch64:").unwrap();
    fs::write(build.join("linux.yml"), first).unwrap();
    let families = ["linux", "macosx", "windows"];
    for family in families.iter().filter(|family| **family != platform.family) {
        fs::remove_file(build.join(format!("{family}.yml"))).unwrap();
        replace(&build, "kind.yml", &format!("    - {family}.yml\n"), "");
    }
    for kind in fs::read_dir(folder.path().join("kinds")).unwrap() {
        let path = kind.unwrap().path().join("kind.yml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, reduced(&text, platform)).unwrap();
    }
    // Partners of other systems get builds that there are none of.
    let partners = folder.path().join("kinds/release-partner-repack/kind.yml");
    let text = fs::read_to_string(&partners).unwrap();
    let (before, tasks) = text.split_once("\ntasks:\n").unwrap();
    let (_, task) = tasks
        .split_once(&format!("    {}:\n", platform.family))
        .unwrap();
    // The next task is less indented than what this one says.
    let lines = task.lines().take_while(|line| line.starts_with("     "));
    let task: Vec<&str> = lines.collect();
    let (family, task) = (platform.family, task.join("\n"));
    fs::write(
        &partners,
        format!("{before}\ntasks:\n    {family}:\n{task}\n"),
    )
    .unwrap();
    let git = |args: &[&str]| {
        let status = Command::new("git")
            .args(args)
            .current_dir(folder.path())
            .status();
        assert!(status.unwrap().success(), "{args:?}");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&[
        "remote",
        "add",
        "origin",
        "https://github.com/snowman-ci/snowman",
    ]);
    git(&["add", "--all"]);
    // Decisions below release level ask the repository for notes.
    let origin = format!("url.file://{}.insteadOf", folder.path().display());
    git(&["config", &origin, "https://github.com/snowman-ci/snowman"]);
    let author = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"];
    git(&[&author[..], &["commit", "--quiet", "-m", "x"]].concat());
    folder
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// A kind without the lines about other platforms and locales.
fn reduced(kind: &str, platform: &Platform) -> String {
    let lists = [
        ("[linux64, linux64-aarch64, macosx64, win64]", platform.name),
        ("[linux-x86_64, linux-aarch64, mac, win64]", platform.folder),
    ];
    let text = lists.iter().fold(kind.to_owned(), |text, (from, to)| {
        text.replace(from, &format!("[{to}]"))
    });
    let left_out = || {
        let names = NAMES.iter();
        names.filter(|name| ![platform.name, platform.system].contains(name))
    };
    let is_locale = |word: &str| {
        let parts: Vec<&str> = word.split('-').collect();
        let (language, rest) = parts.split_first().unwrap();
        let lower = (2..=3).contains(&language.len())
            && language.bytes().all(|byte| byte.is_ascii_lowercase());
        lower && rest.iter().all(|part| part.len() == 2 || *part == "mac")
    };
    let stays = |line: &&str| {
        let line = line.trim();
        let begins = |end: &str| left_out().any(|name| line.starts_with(&format!("{name}{end}")));
        let word = line.strip_prefix("- ").unwrap_or_default();
        let other_locale = is_locale(word) && !LOCALES.contains(&word);
        let other_file = left_out().any(|name| line.starts_with(&format!("<{name}/")));
        let excluded = word.starts_with("{locale: ") || word.starts_with("{platform: ");
        let path = word.starts_with("pub/") && word.contains("linux-aarch64");
        !(begins(": ") || other_locale || other_file || excluded || path)
    };
    let lines: Vec<&str> = text.lines().filter(stays).collect();
    // A list of exclusions may be empty now.
    let mut kept = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1).map_or("", |next| next.trim());
        if line.trim() != "exclude:" || next.starts_with('-') {
            kept.push(*line);
        }
    }
    kept.join("\n") + "\n"
}

/// The staged tasks that fail in the phases of a release, each with its reason.
pub fn red(phases: &Value) -> Vec<String> {
    let checks = phases.as_array().unwrap().iter();
    let checks = checks.flat_map(|phase| phase["checks"].as_array().unwrap());
    let staged = checks.filter(|check| check["rule"] == "every staged task passes");
    let breaches = staged.flat_map(|check| check["breaches"].as_array().unwrap());
    breaches
        .map(|breach| breach.as_str().unwrap().to_owned())
        .collect()
}

/// Writes what the release in the folder of a sandbox leaves to later ones.
pub fn write_history(folder: &Path, file: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .args(["stage", "history"])
        .arg(folder)
        .arg("--output")
        .arg(file)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The small project at its next version, which has a history.
pub fn next_release(history: &Bundle) -> TempDir {
    let project = small_project();
    fs::write(project.path().join("version.txt"), "0.2.0\n").unwrap();
    let file = project.path().join("taskcluster/history.json.gz");
    fs::write(file, history.write()).unwrap();
    replace(
        project.path(),
        "taskcluster/config.yml",
        "    staging:\n",
        "    staging:\n        history: [taskcluster/history.json.gz]\n",
    );
    project
}

/// Lets no flavor promise partial updates.
pub fn without_updates(project: &TempDir) {
    let promise = "            partial-updates: true\n";
    replace(project.path(), "taskcluster/config.yml", promise, "");
}

/// The state in a folder.
pub async fn open(folder: &Path) -> Sandbox {
    let options = Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: Some(folder.to_owned()),
        workers: WorkerOptions::default(),
        clock: Arc::new(|| SystemClock.now().moment()),
    };
    Sandbox::start(options).await.unwrap()
}
