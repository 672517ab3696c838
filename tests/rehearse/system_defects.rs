//! Defects in what only one system has: signing for macOS, repositories that treescript changes, attribution, and
//! repacks for partners of macOS and Windows. Each is found by its task, and by no other.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::command::{json_of, rehearse};
use super::edits::{replace, some_of};
use super::small::{LINUX, MACOS, Platform, WINDOWS, red, small_project_for, without_updates};

const PARTNERS: &[&str] = &["promote_snowfox", "promote_snowfox_partners"];
const BIRD: &[&str] = &["promote_snowbird", "push_snowbird", "ship_snowbird"];

/// How a defect is made: in a file, what is right, and what is wrong in its place.
type Edit = (&'static str, &'static str, &'static str);

/// What is rehearsed: a platform, and flavors.
type Where = (&'static Platform, &'static [&'static str]);

const ON_MACOS: Where = (&MACOS, PARTNERS);
const ON_WINDOWS: Where = (&WINDOWS, PARTNERS);
const IN_REPOSITORY: Where = (&LINUX, BIRD);

/// A defect, how the labels of the tasks begin that fail, and why they do.
type Defect = (Where, Edit, &'static str, &'static str);

const MAC_SIGNING: &str = "kinds/build-mac-signing/kind.yml";
const ENTITLEMENTS: &str = "browser/entitlements/browser.xml";
const BUMP: &str = "kinds/release-version-bump/kind.yml";
const DISPLAY: &str = "browser/config/version_display.txt";
const ATTRIBUTION: &str = "kinds/release-partner-attribution/kind.yml";
const INSTALLER: &str = "release-partner-attribution-snowfox-win64-shippable-summit-summit-001: ";

const DEFECTS: &[Defect] = &[
    (
        ON_MACOS,
        (
            MAC_SIGNING,
            "globs: [/Contents/MacOS/plugin-container]",
            "globs: [/Contents/MacOS/gone]",
        ),
        "build-mac-signing-",
        "public/build/target.tar.gz: the pattern \"/Contents/MacOS/gone\" matches no file",
    ),
    (
        ON_WINDOWS,
        (ATTRIBUTION, "campaign=summit", "campaign=other"),
        INSTALLER,
        "is for summit-001 of summit, but its code is that of summit-001 of other",
    ),
    (
        IN_REPOSITORY,
        (
            BUMP,
            "bump: true\n            bump-files: [browser/config/version_display.txt]",
            "bump: true\n            bump-files: [version.txt]",
        ),
        "release-version-bump-snowbird: ",
        "version.txt is not one of the files whose version a task may change",
    ),
    (
        ON_MACOS,
        (
            "kinds/l10n-mac-signing/kind.yml",
            "entitlements/browser.xml",
            "entitlements/other.xml",
        ),
        "l10n-mac-signing-snowfox-macosx64-shippable-de: ",
        "browser/entitlements/other.xml, which programs are signed with, is not in the repository",
    ),
    (
        ON_MACOS,
        (
            ENTITLEMENTS,
            "<key>com.apple.security.device.camera</key>",
            "",
        ),
        "build-mac-signing-",
        "is not a property list: a dictionary has a value without a key",
    ),
    (
        ON_MACOS,
        (
            ENTITLEMENTS,
            "com.apple.security.device.camera",
            "com.apple.security.get-task-allow",
        ),
        "build-mac-signing-",
        "switches on com.apple.security.get-task-allow",
    ),
    (
        ON_MACOS,
        (MAC_SIGNING, "mac_sign_hardened", "mac_single_file"),
        "build-mac-signing-",
        "the behavior mac_single_file needs the format mac_single_file or mac_geckodriver",
    ),
    (
        ON_MACOS,
        (
            "kinds/release-partner-repack-mac-signing/kind.yml",
            "- /Contents/MacOS/XUL",
            "- /Contents/MacOS/gone",
        ),
        "release-partner-repack-mac-signing-snowfox-macosx64: ",
        "the pattern \"/Contents/MacOS/gone\" matches no file",
    ),
    (
        IN_REPOSITORY,
        (
            BUMP,
            "source-repo: https://hg.mozilla.org/projects/snowbird",
            "source-repo: https://github.com/snowman-ci/snowbird",
        ),
        "release-version-bump-snowbird: ",
        "the worker does not do the action tag in repositories on GitHub",
    ),
    (
        IN_REPOSITORY,
        (DISPLAY, "0.1.0", "0.1.x"),
        "release-version-bump-snowbird: ",
        "\"0.1.x\" is not a version that the file may have",
    ),
    (
        IN_REPOSITORY,
        (DISPLAY, "0.1.0", "0.3.0"),
        "release-version-bump-snowbird: ",
        "the next version 0.1.1 is lower than 0.3.0, which the file has",
    ),
    (
        IN_REPOSITORY,
        (
            BUMP,
            "                    - project:snowman:releng:treescript:action:version_bump\n\
         \x20                   - project:snowman:releng:treescript:action:push\n",
            "                    - project:snowman:releng:treescript:action:push\n",
        ),
        "release-version-bump-snowbird: ",
        "the task has no scope …:treescript:action:version_bump",
    ),
    (
        ON_WINDOWS,
        (ATTRIBUTION, "&content=summit-001", "&contents=summit-001"),
        INSTALLER,
        "the key \"contents\" is not one of source, medium, campaign, content",
    ),
    (
        ON_WINDOWS,
        (
            ATTRIBUTION,
            "fetches/win64/en-US/target.installer.exe",
            "fetches/win64/de/target.installer.exe",
        ),
        INSTALLER,
        "the task does not fetch /builds/worker/fetches/win64/de/target.installer.exe",
    ),
    (
        ON_WINDOWS,
        (
            ATTRIBUTION,
            "/builds/worker/artifacts/releng/partner/summit",
            "/builds/worker/other/releng/partner/summit",
        ),
        INSTALLER,
        "is written, but `payload.artifacts` does not have it",
    ),
    (
        ON_WINDOWS,
        ("kinds/build/windows.yml", "_202412_stub", "_202412"),
        INSTALLER,
        "it was signed without a place for a code",
    ),
    (
        ON_WINDOWS,
        (
            "browser/partners/northwind/desktop/northwind-001/repack.cfg",
            "win64=true",
            "win64=false",
        ),
        "release-partner-repack-snowfox-win64: ",
        "no partner gets a build for win64: the task makes nothing",
    ),
];

/// Asserts that only tasks whose labels begin in this way fail, and for this reason.
fn assert_found(report: &Value, what: &str, (label, why): (&str, &str)) {
    assert_eq!(report["holds"], false, "{what}");
    let found = red(&report["phases"]);
    let said = found.iter().any(|one| one.contains(why));
    let others = found.iter().any(|one| !one.starts_with(label));
    assert!(said && !others, "{what}: {found:#?}");
}

/// What a rehearsal says of a small project, which promises no updates, after a change.
fn rehearsed((platform, flavors): Where, change: impl FnOnce(&Path)) -> Value {
    let project = small_project_for(platform);
    without_updates(&project);
    change(project.path());
    json_of(&rehearse(project.path(), &[&["--json"], flavors].concat()))
}

#[test]
fn each_defect_is_found_by_its_task() {
    for (place, (file, right, wrong), label, why) in some_of(DEFECTS, 3) {
        let change = |folder: &Path| replace(folder, file, right, wrong);
        let report = rehearsed(*place, change);
        assert_found(&report, &format!("{file}: {wrong}"), (label, why));
    }
}

/// Without a defect, all systems of the two platforms pass.
#[test]
fn partners_of_macos_and_windows_get_their_builds() {
    for (place, staged) in [
        (ON_MACOS, "\"mac-signing\":1,\"partner-repack\":1"),
        (
            ON_WINDOWS,
            "\"attribution\":1,\"beetmover\":2,\"partner-repack\":1",
        ),
    ] {
        let report = rehearsed(place, |_| {});
        assert_eq!(report["holds"], true, "{report:#}");
        let phase = report["phases"].as_array().unwrap().last().unwrap();
        let counts = phase["staged"].to_string();
        assert!(counts.contains(staged), "{counts}");
    }
}

#[test]
fn a_tag_at_another_commit_is_found() {
    let tagged = |folder: &Path| {
        let author = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"];
        let commit = ["commit", "--quiet", "--all", "--allow-empty", "--message=y"];
        for args in [
            &["tag", "SNOWBIRD_0_1_0_BUILD1"][..],
            &[&author[..], &commit].concat(),
        ] {
            let status = Command::new("git").args(args).current_dir(folder).status();
            assert!(status.unwrap().success(), "{args:?}");
        }
    };
    let report = rehearsed(IN_REPOSITORY, tagged);
    let why = "the tag SNOWBIRD_0_1_0_BUILD1 exists already at ";
    assert_found(&report, "a tag", ("release-early-tagging-snowbird: ", why));
}
