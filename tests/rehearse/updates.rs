//! A release on top of another one, in the same rehearsal: what is updated, and defects that only updates have.
//!
//! The project is this one, with one platform and two locales.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use snowman::stage::history::Bundle;
use tempfile::TempDir;

use super::command::{json_of, rehearse};
use super::edits::replace;

/// The platforms and locales that the small project does not have.
const LEFT_OUT: [&str; 4] = ["linux64-aarch64", "macosx64", "osx", "win64"];

/// The locales that it has.
const LOCALES: [&str; 2] = ["de", "en-US"];

/// This project with one platform and two locales.
fn small_project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in ["browser", "kinds", "taskcluster", "docker"] {
        copy(&root.join(path), &folder.path().join(path));
    }
    for path in [".taskcluster.yml", "version.txt"] {
        fs::copy(root.join(path), folder.path().join(path)).unwrap();
    }
    let build = folder.path().join("kinds/build");
    for name in ["macosx", "windows"] {
        fs::remove_file(build.join(format!("{name}.yml"))).unwrap();
        replace(&build, "kind.yml", &format!("    - {name}.yml\n"), "");
    }
    let linux = fs::read_to_string(build.join("linux.yml")).unwrap();
    let (first, _) = linux.split_once("\nlinux64-aarch64:").unwrap();
    fs::write(build.join("linux.yml"), first).unwrap();
    for kind in fs::read_dir(folder.path().join("kinds")).unwrap() {
        let path = kind.unwrap().path().join("kind.yml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, reduced(&text)).unwrap();
    }
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
    let author = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"];
    git(&[&author[..], &["commit", "--quiet", "-m", "x"]].concat());
    folder
}

fn copy(from: &Path, to: &Path) {
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
fn reduced(kind: &str) -> String {
    let lists = [
        ("[linux64, linux64-aarch64, macosx64, win64]", "[linux64]"),
        (
            "[linux-x86_64, linux-aarch64, mac, win64]",
            "[linux-x86_64]",
        ),
    ];
    let text = lists
        .iter()
        .fold(kind.to_owned(), |text, (from, to)| text.replace(from, to));
    let is_locale = |word: &str| {
        let parts: Vec<&str> = word.split('-').collect();
        let (language, rest) = parts.split_first().unwrap();
        let lower = (2..=3).contains(&language.len())
            && language.bytes().all(|byte| byte.is_ascii_lowercase());
        lower && rest.iter().all(|part| part.len() == 2 || *part == "mac")
    };
    let stays = |line: &&str| {
        let line = line.trim();
        let begins = |end: &str| {
            LEFT_OUT
                .iter()
                .any(|name| line.starts_with(&format!("{name}{end}")))
        };
        let word = line.strip_prefix("- ").unwrap_or_default();
        let other_locale = is_locale(word) && !LOCALES.contains(&word);
        let other_file = line.starts_with('<')
            && LEFT_OUT
                .iter()
                .any(|name| line.starts_with(&format!("<{name}/")));
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
fn red(phases: &Value) -> Vec<String> {
    let checks = phases.as_array().unwrap().iter();
    let checks = checks.flat_map(|phase| phase["checks"].as_array().unwrap());
    let staged = checks.filter(|check| check["rule"] == "every staged task passes");
    let breaches = staged.flat_map(|check| check["breaches"].as_array().unwrap());
    breaches
        .map(|breach| breach.as_str().unwrap().to_owned())
        .collect()
}

/// The reports of staged tasks in the folder of a sandbox.
fn reports(folder: &Path) -> Vec<Value> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let content = fs::read(&path).unwrap();
            let report: Option<Value> = serde_json::from_slice(&content).ok();
            found.extend(report.filter(|report| report["verdict"].is_string()));
        }
    }
    found
}

/// The action tasks that the index in the folder of a sandbox has below a revision.
fn actions_of_revision(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder.join("index")).unwrap();
    let entries = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let entries = entries.map(|content| serde_json::from_slice::<Value>(&content).unwrap());
    let mut found = BTreeSet::new();
    for entry in entries {
        let path = entry["namespace"].as_str().unwrap();
        if path.contains(".revision.") && path.contains(".actions.") {
            found.insert(entry["taskId"].as_str().unwrap().to_owned());
        }
    }
    found
}

/// How often a system has checked something, in all reports.
fn count(reports: &[Value], system: &str, what: &str) -> u64 {
    let of_system = reports.iter().filter(|report| report["system"] == system);
    let checked = of_system.flat_map(|report| report["checked"].as_array().unwrap());
    let same = checked.filter(|checked| checked["what"] == what);
    same.map(|checked| checked["count"].as_u64().unwrap()).sum()
}

#[test]
fn a_release_updates_the_one_before() {
    let project = small_project();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let output = rehearse(project.path(), &["--json", "--folder", state]);
    let report = json_of(&output);
    assert_eq!(report["holds"], true, "{report:#}");
    let [earlier] = report["earlierReleases"].as_array().unwrap().as_slice() else {
        unreachable!("{report:#}")
    };
    assert_eq!(earlier["version"], "0.0.0");
    for release in [earlier, &report] {
        let phases = release["phases"].as_array().unwrap();
        let names: Vec<&str> = phases
            .iter()
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["push", "promote_snowfox", "push_snowfox", "ship_snowfox"]
        );
    }
    // The first release promises no partial updates, the second one for each locale.
    assert_eq!(earlier["phases"][1]["staged"]["partials"], Value::Null);
    assert_eq!(report["phases"][1]["staged"]["partials"], 2);
    let reports = reports(folder.path());
    let verified = |what| count(&reports, "update-verify", what);
    assert_eq!(verified("offers of the update server"), 2);
    let both = "updates applied to earlier builds and compared with the new one";
    assert_eq!(verified(both), 4, "complete and partial");
    let files = "unique addresses of files: where each leads, and its size";
    assert_eq!(count(&reports, "final-verify", files), 4);
    // Both are of one revision here, but the push of the second has its own actions only.
    let of_phase = |phase: &Value| phase["taskId"].as_str().unwrap().to_owned();
    let phases = report["phases"].as_array().unwrap().iter();
    let own: BTreeSet<String> = phases.skip(1).map(of_phase).collect();
    assert_eq!(actions_of_revision(folder.path()), own);
    // Both are the history of what comes next.
    let file = folder.path().join("history.json.gz");
    let output = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .args([
            "stage",
            "history",
            state,
            "--output",
            file.to_str().unwrap(),
        ])
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let bundle = Bundle::read(&fs::read(&file).unwrap()).unwrap();
    let folder_of = |version: &str| format!("pub/snowfox/releases/{version}/update/");
    for version in ["0.0.0", "0.1.0"] {
        let folder = folder_of(version);
        let files = bundle
            .effects
            .iter()
            .filter(|effect| effect.key.starts_with(&folder));
        assert!(files.count() > 0, "{version}");
    }
    // What is scheduled is the later release.
    let mut rules = bundle
        .effects
        .iter()
        .filter(|effect| effect.space == "balrog-scheduled");
    assert!(
        rules.any(|rule| rule.value["mapping"] == "Snowfox-0.1.0-build1"),
        "{bundle:?}"
    );
    // Of the first release there is nothing to verify, and the reports say so.
    let excused = |system: &str, why: &str| {
        let of_system = reports.iter().filter(|report| report["system"] == system);
        let excused = of_system.filter(|report| report["notChecked"].to_string().contains(why));
        excused.count()
    };
    assert_eq!(excused("update-verify", "the configuration lists none"), 4);
    assert_eq!(
        excused("update-verify-config", "the release has no history"),
        1
    );
    assert_eq!(
        excused("final-verify", "the configurations list no earlier release"),
        1
    );
}

#[test]
fn a_candidate_updates_betas_and_releases() {
    let project = small_project();
    let output = rehearse(
        project.path(),
        &[
            "--json",
            "--update-from",
            "0.0.9",
            "--update-from",
            "0.0b3",
            "promote_snowfox_rc",
            "ship_snowfox_rc",
        ],
    );
    let report = json_of(&output);
    assert_eq!(report["holds"], true, "{report:#}");
    // Two for each locale, and the secondary tasks beside the others.
    let promoted = &report["phases"][1];
    assert_eq!(promoted["staged"]["partials"], 2);
    assert_eq!(promoted["staged"]["update-verify-config"], 2);
    assert_eq!(promoted["staged"]["update-verify"], 8);
    assert_eq!(report["phases"][2]["staged"]["final-verify"], 1);
}

/// A defect, and what finds it.
struct Defect {
    /// The file that has it.
    file: &'static str,
    /// What is right in it.
    right: &'static str,
    /// What is wrong.
    wrong: &'static str,
    /// The kinds whose tasks fail.
    red: &'static str,
    /// Why.
    why: &'static str,
}

/// The links to partial updates.
const PARTIAL_LINK: &str = "                '{brand}-{version}-Partial-{previous_version}':
                    options: {add_locales: true, ssl_only: false}
                    paths_per_bouncer_platform:
                        linux64: '/{product}/releases/{version}/update/linux-x86_64/:lang/{product}-{previous_version}-{version}.partial.mar'
";

/// Defects that a release without updates does not have.
const DEFECTS: [Defect; 7] = [
    Defect {
        file: "kinds/partials/kind.yml",
        right: "https://{{archive_domain}}/pub/",
        wrong: "https://example.com/pub/",
        red: "partials-",
        why: "none of the addresses that updates may come from",
    },
    Defect {
        file: "kinds/partials/kind.yml",
        right: "MAR_CHANNEL_ID: '{{product}}-{{branch}}'",
        wrong: "MAR_CHANNEL_ID: '{{product}}-other'",
        red: "partials-",
        why: "its MAR channel id is \"snowfox-snowman\"",
    },
    Defect {
        file: "kinds/beetmover-repackage/kind.yml",
        right: "previousVersion: '{previous_version}'",
        wrong: "previousVersion: 0.0.7",
        red: "balrog-",
        why: "starts from Snowfox-0.0.7-build1, which is not in the history",
    },
    Defect {
        file: "kinds/update-verify-config/kind.yml",
        right: "{revision} --last-watershed 0.0a1",
        wrong: "{revision} --last-watershed 0.0.5",
        red: "update-verify-config-",
        why: "partial updates from 0.0.0 are promised, but it is not among the earlier releases",
    },
    Defect {
        file: "kinds/update-verify-config/kind.yml",
        right: "--to-buildid {build_date}",
        wrong: "--to-buildid 20010101000000",
        red: "release-update-verify-snowfox-linux64-",
        why: "not \"20010101000000\"",
    },
    Defect {
        file: "kinds/release-update-verify/kind.yml",
        right: "default: release-localtest",
        wrong: "default: release-other",
        red: "release-update-verify-snowfox-linux64-",
        why: "no update is offered",
    },
    Defect {
        file: "kinds/release-bouncer-sub/kind.yml",
        right: PARTIAL_LINK,
        wrong: "",
        red: "release-final-verify-",
        why: "NO_MAR_FILE: bouncer has no product snowfox-0.1.0-partial-0.0.0",
    },
];

#[test]
fn each_defect_of_updates_is_found_by_its_task() {
    for defect in &DEFECTS {
        let project = small_project();
        replace(project.path(), defect.file, defect.right, defect.wrong);
        let report = json_of(&rehearse(project.path(), &["--json"]));
        let (file, wrong) = (defect.file, defect.wrong);
        assert_eq!(report["holds"], false, "{file}: {wrong}");
        let earlier = red(&report["earlierReleases"][0]["phases"]);
        assert_eq!(earlier, Vec::<String>::new(), "{file}: {wrong}");
        let found = red(&report["phases"]);
        let others: Vec<&String> = found
            .iter()
            .filter(|why| !why.starts_with(defect.red))
            .collect();
        let said = found.iter().any(|why| why.contains(defect.why));
        assert!(said && others.is_empty(), "{file}: {wrong}: {found:#?}");
    }
}
