//! Defects of the list of updates to verify.

use snowman::base::name::TaskId;
use snowman::base::value::json;
use snowman::stage::run::Done;
use snowman::stage::state::Effect;

use super::builds::{effect, history, publish};
use super::world::{Task, World};

pub const COMMAND: &str = "./mach python testing/mozharness/scripts/release/update-verify-config-creator.py \
     --product hail --stage-product hail --app-name browser --branch-prefix mozilla --platform linux-x86_64 \
     --to-version 94.0 --to-app-version 94.0 --to-build-number 1 --to-buildid 20260301000000 \
     --to-revision abcdef --output-file update-verify.cfg --local-repo . --repo-path try \
     --partial-version 93.0 --updater-platform linux-x86_64 --channel release-localtest \
     --archive-prefix http://ftp.stage.mozaws.net/pub --previous-archive-prefix https://archive.mozilla.org/pub \
     --aus-server https://stage.balrog.nonprod.cloudops.mozgcp.net --override-certs dep \
     --include-version '^\\d+\\.\\d+(\\.\\d+)?$' --last-watershed 72.0";

/// An earlier release with everything that is known of it.
fn release(world: &mut World, version: &str, build_id: &str) -> Vec<Effect> {
    let folder = format!("pub/hail/candidates/{version}-candidates/build2");
    let tag = format!("HAIL_{}_RELEASE", version.replace('.', "_"));
    let information = format!("buildID={build_id}\n");
    vec![
        effect(
            "release",
            &format!("hail-{version}"),
            json!({"buildNumber": 2}),
        ),
        publish(
            world,
            &format!("{folder}/linux64_info.txt"),
            information.as_bytes(),
        ),
        effect(
            "source",
            &format!("{tag}:browser/locales/shipped-locales"),
            json!("de\nen-US\nfr\nja linux\nja-JP-mac osx\n"),
        ),
        effect(
            "source",
            &format!("{tag}:browser/config/version.txt"),
            json!(format!("{version}\n")),
        ),
    ]
}

pub fn past(world: &mut World) -> Vec<Effect> {
    let mut past = release(world, "93.0", "20260201000000");
    past.extend(release(world, "92.0", "20260101000000"));
    past.extend(release(world, "71.0", "20200101000000"));
    past.extend(release(world, "94.0b3", "20260215000000"));
    let own = "abcdef:browser/locales/shipped-locales";
    past.push(effect("source", own, json!("de\nen-US\nit\nja linux\n")));
    past
}

/// A task with a command, after what is known of earlier releases.
pub fn task(world: &mut World, past: Vec<Effect>, command: &str) -> Task {
    let history = history(world, past);
    let payload = json!({
        "command": ["run-task", "--", "bash", "-cx", format!("cd gecko && {command}")],
        "artifacts": {"public/build/update-verify.cfg": {
            "path": "/builds/worker/checkouts/gecko/update-verify.cfg", "type": "file",
        }},
    });
    let mut task = world.task("update-verify-config", "", payload, &[]);
    task.staged.history = vec![history];
    task
}

/// Runs a task.
fn ran(world: &mut World, past: Vec<Effect>, command: &str) -> (TaskId, Done) {
    let task = task(world, past, command);
    let done = world.run(&task);
    (task.id, done)
}

/// The result of a task: the configuration, or why it fails.
fn run(world: &mut World, past: Vec<Effect>, command: &str) -> Result<String, String> {
    let (id, done) = ran(world, past, command);
    match done.red.is_empty() {
        true => {
            let text = world.get(&id, "public/build/update-verify.cfg");
            Ok(String::from_utf8(text.unwrap().to_vec()).unwrap())
        }
        false => Err(done.red.join("\n")),
    }
}

#[test]
fn the_configuration_has_the_releases_since_the_watershed() {
    let mut world = World::default();
    let past = past(&mut world);
    let text = run(&mut world, past, COMMAND).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // As the release's own script writes it of the same facts.
    assert_eq!(
        lines,
        [
            "release=\"93.0\" product=\"Hail\" platform=\"Linux_x86_64-gcc3\" build_id=\"20260201000000\" locales=\"de en-US ja\" channel=\"release-localtest\" patch_types=\"complete partial\" from=\"/hail/releases/93.0/linux-x86_64/%locale%/hail-93.0.tar.bz2\" aus_server=\"https://stage.balrog.nonprod.cloudops.mozgcp.net\" ftp_server_from=\"https://archive.mozilla.org/pub\" ftp_server_to=\"http://ftp.stage.mozaws.net/pub\" to=\"/hail/candidates/94.0-candidates/build1/linux-x86_64/%locale%/hail-94.0.tar.bz2\" override_certs=\"dep\" to_build_id=\"20260301000000\" to_display_version=\"94.0\" to_app_version=\"94.0\" updater_package=\"/hail/releases/93.0/linux-x86_64/%locale%/hail-93.0.tar.bz2\"",
            "release=\"92.0\" product=\"Hail\" platform=\"Linux_x86_64-gcc3\" build_id=\"20260101000000\" locales=\"de en-US\" channel=\"release-localtest\" patch_types=\"complete\" from=\"/hail/releases/92.0/linux-x86_64/%locale%/hail-92.0.tar.bz2\" ftp_server_from=\"https://archive.mozilla.org/pub\" ftp_server_to=\"http://ftp.stage.mozaws.net/pub\" updater_package=\"/hail/releases/92.0/linux-x86_64/%locale%/hail-92.0.tar.bz2\"",
            "release=\"92.0\" product=\"Hail\" platform=\"Linux_x86_64-gcc3\" build_id=\"20260101000000\" locales=\"ja\" channel=\"release-localtest\" patch_types=\"complete\"",
        ]
    );
}

#[test]
fn no_earlier_release_is_red() {
    let mut world = World::default();
    let red = run(&mut world, Vec::new(), COMMAND).unwrap_err();
    assert!(
        red.contains("partial updates from 93.0 are promised"),
        "{red}"
    );
    assert!(red.contains("there are no earlier releases"), "{red}");
}

#[test]
fn a_promised_version_before_the_watershed_is_red() {
    let mut world = World::default();
    let past = past(&mut world);
    let command = COMMAND.replace("--partial-version 93.0", "--partial-version 71.0");
    let red = run(&mut world, past.clone(), &command).unwrap_err();
    assert!(
        red.contains("partial updates from 71.0 are promised"),
        "{red}"
    );
    let command = COMMAND.replace("--last-watershed 72.0", "--last-watershed default");
    let red = run(&mut world, past.clone(), &command).unwrap_err();
    assert!(red.contains("cannot be compared"), "{red}");
    let command = COMMAND.replace("--last-watershed 72.0", "");
    let red = run(&mut world, past, &command).unwrap_err();
    assert!(
        red.contains("the command needs `--last-watershed`"),
        "{red}"
    );
}

#[test]
fn locales_that_are_missing_at_a_tag_are_red() {
    let mut world = World::default();
    let mut past = past(&mut world);
    past.retain(|effect| effect.key != "HAIL_92_0_RELEASE:browser/locales/shipped-locales");
    let red = run(&mut world, past, COMMAND).unwrap_err();
    assert_eq!(
        red,
        "browser/locales/shipped-locales is missing at HAIL_92_0_RELEASE: production could not make the list"
    );
}

#[test]
fn a_release_whose_build_id_nobody_knows_is_not_checked() {
    for unknown in ["92.0", "93.0"] {
        let mut world = World::default();
        let mut past = past(&mut world);
        let information = format!("{unknown}-candidates/build2/linux64_info.txt");
        past.retain(|effect| !effect.key.ends_with(&information));
        let (id, done) = ran(&mut world, past, COMMAND);
        assert_eq!(done.red, [""; 0]);
        let text = world.get(&id, "public/build/update-verify.cfg").unwrap();
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(&format!("release=\"{unknown}\"")), "{text}");
        let known = text.lines().next().unwrap();
        assert!(known.contains("aus_server="), "{text}");
        let unchecked = world.report(&id)["notChecked"].to_string();
        let why = format!(
            "updates from {unknown}, whose build id is not known: the history has no pub/hail/candidates/{information}"
        );
        assert!(unchecked.contains(&why), "{unchecked}");
    }
    // Without any, nothing would be verified.
    let mut world = World::default();
    let mut all = past(&mut world);
    all.retain(|effect| !effect.key.ends_with("_info.txt"));
    let red = run(&mut world, all, COMMAND).unwrap_err();
    assert!(
        red.contains("what the history has of 2 earlier releases is not enough"),
        "{red}"
    );
    // A file that does not say what it should is not the same as none.
    let mut world = World::default();
    let mut all = past(&mut world);
    for effect in &mut all {
        if effect.key.ends_with("_info.txt") {
            *effect = publish(&mut world, &effect.key, b"buildID\n");
        }
    }
    let red = run(&mut world, all, COMMAND).unwrap_err();
    assert!(red.contains("linux64_info.txt has no `buildID=`"), "{red}");
}

#[test]
fn an_archive_alone_is_history_enough() {
    let mut world = World::default();
    let mut past = past(&mut world);
    past.retain(|effect| effect.space == "archive" && effect.key.contains("/93.0"));
    for locale in ["de", "fr"] {
        let path = format!("pub/hail/releases/93.0/linux-x86_64/{locale}/hail-93.0.tar.bz2");
        past.push(publish(&mut world, &path, b"package"));
    }
    let text = run(&mut world, past, COMMAND).unwrap();
    assert!(
        text.contains("build_id=\"20260201000000\" locales=\"de fr\""),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn certificates_that_nobody_knows_are_red() {
    let mut world = World::default();
    let past = past(&mut world);
    let command = COMMAND.replace("--override-certs dep", "--override-certs deb");
    let red = run(&mut world, past, &command).unwrap_err();
    assert!(
        red.starts_with("`--override-certs`: no staging certificate is named \"deb\""),
        "{red}"
    );
}

#[test]
fn another_command_is_red() {
    let mut world = World::default();
    let red = run(&mut world, Vec::new(), "echo").unwrap_err();
    assert!(
        red.contains("does not run update-verify-config-creator.py"),
        "{red}"
    );
}
