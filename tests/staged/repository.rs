//! Defects of tasks about repositories.

use snowman::base::name::TaskId;
use snowman::base::value::{Value, json};
use snowman::release::staged::Repository;

use super::world::{Task, World};
use crate::common::staged::REVISION;

pub const COMMIT: &str = REVISION;
pub const VERSION: &str = "browser/config/version.txt";

/// A task of Lando with these actions.
pub fn lando(world: &mut World, actions: &[&str], mut payload: Value, from: &[&TaskId]) -> Task {
    if let Value::Object(map) = &mut payload {
        map.insert("lando_repo", "staging-hail");
        map.insert("actions", actions.to_vec());
    }
    let mut task = world.task("lando", "", payload, from);
    let scopes = actions.iter().map(|action| format!("action:{action}"));
    let scopes = scopes.chain(["repo:staging-hail".to_owned()]);
    task.staged.scopes = scopes
        .map(|end| format!("project:hail:releng:lando:{end}"))
        .collect();
    task
}

pub fn bump(files: &[&str], next: &str) -> Value {
    json!({"version_bump_info": {"files": files.to_vec(), "next_version": next}})
}

fn tag(names: &[&str], revision: &str) -> Value {
    json!({"tag_info": {"tags": names.to_vec(), "revision": revision}})
}

#[test]
fn a_version_is_bumped_and_the_difference_applied() {
    let mut world = World::default();
    world.files.insert(VERSION.to_owned(), "94.0\n".to_owned());
    let task = lando(
        &mut world,
        &["version_bump"],
        bump(&[VERSION], "94.0.1"),
        &[],
    );
    let done = world.pass(&task);
    let diff = world.get(&done, "public/build/version-bump.diff").unwrap();
    // As `git diff` prints it.
    assert_eq!(
        String::from_utf8_lossy(diff),
        "diff --git a/browser/config/version.txt b/browser/config/version.txt\n\
         --- a/browser/config/version.txt\n+++ b/browser/config/version.txt\n@@ -1 +1 @@\n-94.0\n+94.0.1\n"
    );
    let checks = world.report(&done)["checked"].to_string();
    assert!(
        checks.contains("to which the differences were applied"),
        "{checks}"
    );
}

/// The files of some releases are in another repository than what releases them.
#[test]
fn a_version_in_another_repository_is_not_checked() {
    let bumped = |url: &str| {
        let mut world = World::default();
        world.files.insert("README".to_owned(), "hail\n".to_owned());
        let files = ["browser/extensions/newtab/manifest.json"];
        let mut task = lando(&mut world, &["version_bump"], bump(&files, "1.1.0"), &[]);
        task.staged.repository = Some(Repository {
            tool: "git".to_owned(),
            url: url.to_owned(),
        });
        (world, task)
    };
    let (mut world, task) = bumped("https://github.com/snow/manifests");
    let done = world.pass(&task);
    let unchecked = world.report(&done)["notChecked"].to_string();
    assert!(
        unchecked.contains("staging-hail is not the repository of the task"),
        "{unchecked}"
    );
    for url in ["https://github.com/snow/hail", "https://hg.mozilla.org/try"] {
        let (mut world, task) = bumped(url);
        let red = world.fail(&task).join("\n");
        assert!(red.contains("manifest.json does not exist"), "{red}");
    }
    // Files that are there are those that it is about.
    let (mut world, task) = bumped("https://github.com/snow/manifests");
    let file = "browser/extensions/newtab/manifest.json".to_owned();
    world
        .files
        .insert(file, "{\"version\": \"1.2.0\"}\n".to_owned());
    let red = world.fail(&task).join("\n");
    assert!(red.contains("is lower than 1.2.0"), "{red}");
}

#[test]
fn a_file_outside_the_list_is_red() {
    let mut world = World::default();
    let files = [VERSION, "browser/app/profile/firefox.js"];
    let task = lando(&mut world, &["version_bump"], bump(&files, "94.0.1"), &[]);
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("browser/app/profile/firefox.js is not one of"),
        "{red}"
    );
}

#[test]
fn a_next_version_that_is_not_higher_is_red() {
    for next in ["93.0", "94.0", "94.0b9", "x"] {
        let mut world = World::default();
        let task = lando(&mut world, &["version_bump"], bump(&[VERSION], next), &[]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(next), "{red}");
    }
    // A file may be ahead of the release.
    let mut world = World::default();
    world.files.insert(VERSION.to_owned(), "95.0\n".to_owned());
    let task = lando(
        &mut world,
        &["version_bump"],
        bump(&[VERSION], "94.0.1"),
        &[],
    );
    let red = world.fail(&task).join("\n");
    assert!(red.contains("lower than 95.0"), "{red}");
}

#[test]
fn a_tag_at_another_commit_is_red() {
    let mut world = World::default();
    let names = ["HAIL_94_0_BUILD1"];
    let task = lando(&mut world, &["tag"], tag(&names, COMMIT), &[]);
    let first = world.pass(&task);
    // Set again at the same commit, nothing changes.
    let task = lando(&mut world, &["tag"], tag(&names, COMMIT), &[&first]);
    world.pass(&task);
    let task = lando(
        &mut world,
        &["tag"],
        tag(&names, &"f".repeat(40)),
        &[&first],
    );
    let red = world.fail(&task).join("\n");
    assert!(red.contains("exists already at 0123456789"), "{red}");
    let mut world = World::default();
    world
        .tags
        .insert("HAIL_94_0_BUILD1".to_owned(), "e".repeat(40));
    let task = lando(&mut world, &["tag"], tag(&names, COMMIT), &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("exists already at eeee"), "{red}");
}

#[test]
fn tags_of_other_versions_and_bad_names_are_red() {
    for (names, why) in [
        (&["HAIL_93_0_RELEASE"][..], "not one of version 94.0"),
        (&["HAIL 94"][..], "is not a name of a tag"),
        (&["a", "a"][..], "contains \"a\" more than once"),
        (&[][..], "`payload.tag_info.tags` is empty"),
    ] {
        let mut world = World::default();
        let task = lando(&mut world, &["tag"], tag(names, COMMIT), &[]);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(why), "{names:?}: {red}");
    }
}

#[test]
fn a_missing_scope_is_red() {
    let mut world = World::default();
    let mut task = lando(
        &mut world,
        &["tag"],
        tag(&["HAIL_94_0_BUILD1"], COMMIT),
        &[],
    );
    task.staged.scopes.retain(|scope| !scope.ends_with(":tag"));
    task.staged
        .scopes
        .push("project:hail:releng:lando:action:version_bump".to_owned());
    let red = world.fail(&task).join("\n");
    assert!(red.contains("lando:action:tag"), "{red}");
}

#[test]
fn a_merge_day_changes_versions_and_texts() {
    let mut world = World::default();
    for (file, content) in [
        (VERSION, "94.0a1\n"),
        ("CLOBBER", "# c\n\nold\n"),
        ("app.conf", "major=94\n"),
    ] {
        world.files.insert(file.to_owned(), content.to_owned());
    }
    let payload = json!({"merge_info": {
        "to_branch": "main",
        "fetch_version_from": VERSION,
        "end_tag": "HAIL_NIGHTLY_{major_version}_END",
        "version_files": [{"filename": VERSION, "new_suffix": "a1", "version_bump": "major"}],
        "replacements": [["app.conf", "{current_major_version}", "{next_major_version}"]],
    }});
    let task = lando(&mut world, &["merge_day"], payload.clone(), &[]);
    let done = world.pass(&task);
    let actions = world.get(&done, "public/build/lando-actions.json").unwrap();
    let actions = String::from_utf8_lossy(actions).into_owned();
    for part in [
        "HAIL_NIGHTLY_94_END",
        "+95.0a1",
        "+major=95",
        "+Merge day clobber 2026-01-31",
    ] {
        assert!(actions.contains(part), "{part}: {actions}");
    }
    world
        .files
        .insert("app.conf".to_owned(), "major=x\n".to_owned());
    let task = lando(&mut world, &["merge_day"], payload, &[]);
    let red = world.fail(&task).join("\n");
    assert!(red.contains("app.conf does not contain"), "{red}");
}

#[test]
fn a_tree_task_needs_its_scopes() {
    let mut world = World::default();
    let payload = json!({
        "actions": ["tag", "push"],
        "tag_info": {"tags": ["HAIL_94_0_RELEASE"], "revision": COMMIT},
        "source_repo": "https://hg.example.com/hail",
    });
    let mut task = world.task("tree", "", payload, &[]);
    task.staged.scopes = ["tag", "push"]
        .map(|end| format!("project:releng:treescript:action:{end}"))
        .into();
    world.pass(&task);
    task.staged.scopes.pop();
    let red = world.fail(&task).join("\n");
    assert!(red.contains("treescript:action:push"), "{red}");
}

/// Workers of projects on GitHub read the actions in the scopes.
#[test]
fn actions_of_projects_on_github_are_scopes() {
    let task_with = |scope: &str| {
        let mut world = World::default();
        world.files.insert(VERSION.to_owned(), "94.0\n".to_owned());
        let mut task = world.task("tree", "", bump(&[VERSION], "94.0.1"), &[]);
        task.staged.scopes = vec![scope.to_owned()];
        (world, task)
    };
    let (mut world, task) = task_with("project:mobile:snow-android:treescript:action:version_bump");
    let done = world.pass(&task);
    let diff = world.get(&done, "public/build/version-bump.diff").unwrap();
    assert!(String::from_utf8_lossy(diff).contains("+94.0.1"));
    // Firefox's has to list them.
    let (mut world, task) = task_with("project:releng:treescript:action:version_bump");
    let red = world.fail(&task).join("\n");
    assert!(red.contains("lists no action"), "{red}");
}

/// Builds for iOS have their version in files of Xcode, too.
#[test]
fn versions_for_ios_are_bumped_on_github() {
    let (xcode, text) = (
        "firefox-ios/Client/Configuration/version.xcconfig",
        "version.txt",
    );
    let bumped = |repository: &str, files: &[&str], next: &str| {
        let mut world = World::default();
        for (file, content) in [(xcode, "APP_VERSION = 140.0\n"), (text, "140.0\n")] {
            world.files.insert(file.to_owned(), content.to_owned());
        }
        let mut payload = bump(files, next);
        if let Value::Object(map) = &mut payload {
            map.insert(
                "source_repo",
                format!("https://github.com/mozilla-mobile/{repository}"),
            );
        }
        let mut task = world.task("tree", "", payload, &[]);
        task.staged.scopes = vec![format!(
            "project:mobile:{repository}:treescript:action:version_bump"
        )];
        (world, task)
    };
    let (mut world, task) = bumped("firefox-ios", &[xcode, text], "140.1");
    let done = world.pass(&task);
    let diff = world.get(&done, "public/build/version-bump.diff").unwrap();
    let diff = String::from_utf8_lossy(diff);
    for part in [
        "-APP_VERSION = 140.0",
        "+APP_VERSION = 140.1",
        "-140.0",
        "+140.1",
    ] {
        assert!(diff.lines().any(|line| line == part), "{part}: {diff}");
    }
    for (repository, files, next, why) in [
        (
            "firefox-ios",
            vec![VERSION],
            "140.1",
            "browser/config/version.txt is not one of the files",
        ),
        (
            "fenix",
            vec![text],
            "140.1",
            "does not know whose versions files of this repository have",
        ),
        (
            "firefox-ios",
            vec![text],
            "140.1a1",
            "versions for iOS are like 140.0, 140.0.1 or 140.0b1",
        ),
        (
            "firefox-ios",
            vec![text],
            "139.0",
            "the next version 139.0 is lower than 140.0",
        ),
    ] {
        let (mut world, task) = bumped(repository, &files, next);
        let red = world.fail(&task).join("\n");
        assert!(red.contains(why), "{red}");
    }
    let (mut world, mut task) = bumped("firefox-ios", &[text], "140.1");
    task.staged
        .scopes
        .push("project:mobile:firefox-ios:treescript:action:tag".to_owned());
    let red = world.fail(&task).join("\n");
    assert!(
        red.contains("does not do the action tag in repositories on GitHub"),
        "{red}"
    );
}
