//! Defects that only a release has that updates another one: each is found by its task, and by no other.
//!
//! The release before is rehearsed once, without defects. Its files are in a folder, and its history is that of the
//! project with the defect, whose rehearsal goes on in a copy of the folder.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};
use snowman::base::digest::hex;
use snowman::base::json::read;
use snowman::base::name::TaskId;
use snowman::base::time::Span;
use snowman::base::value::Value as Own;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::release::staged::STATE;
use snowman::sandbox::State;
use snowman::stage::history::Bundle;
use snowman::stage::keys::{Certificate, Hash};
use snowman::stage::mar::Mar;
use snowman::stage::mar::pack::xz;
use snowman::stage::mar::sign::{Algorithm, sign};
use snowman::stage::mar::write::{NewEntry, write};
use snowman::stage::run::run;
use snowman::stage::source::{Artifact, Source, SourceError};
use snowman::stage::state::{State as Effects, TaskRun};
use tempfile::TempDir;

use super::command::{json_of, rehearse};
use super::edits::{replace, some_of};
use super::small::{copy, next_release, open, red, small_project, without_updates, write_history};

/// A release that was shipped.
struct Before {
    folder: TempDir,
    history: Bundle,
}

/// Rehearses the release 0.1.0, which updates none, on a branch. Its rules then count as those of the update server,
/// rather than as made up.
fn before(branch: &[&str]) -> Before {
    let project = small_project();
    without_updates(&project);
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let args = [&["--json", "--folder", state], branch].concat();
    let report = json_of(&rehearse(project.path(), &args));
    assert_eq!(report["holds"], true, "{report:#}");
    let file = project.path().join("history.json.gz");
    write_history(folder.path(), &file);
    let mut history = Bundle::read(&fs::read(file).unwrap()).unwrap();
    for effect in &mut history.effects {
        if effect.space == "balrog-rule" {
            effect.value["comment"] = Own::Null;
        }
    }
    Before { folder, history }
}

/// A copy of the files of a release.
fn copied(before: &Before) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(before.folder.path(), folder.path());
    folder
}

/// A defect, and what finds it.
struct Defect {
    /// The row of the list of defects that staged tasks have to find.
    row: &'static str,
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

const TOPLEVEL: &str = "kinds/release-balrog-submit-toplevel/kind.yml";
const SCHEDULING: &str = "kinds/release-balrog-scheduling/kind.yml";
const PARTIALS: &str = "kinds/partials/kind.yml";
const CONFIG: &str = "kinds/update-verify-config/kind.yml";

const DEFECTS: [Defect; 16] = [
    Defect {
        row: "8b: an earlier update from a host that none may come from",
        file: PARTIALS,
        right: "https://{{archive_domain}}/pub/",
        wrong: "https://example.com/pub/",
        red: "partials-",
        why: "none of the addresses that updates may come from",
    },
    Defect {
        row: "8a: the channel id of another channel",
        file: PARTIALS,
        right: "MAR_CHANNEL_ID: '{{product}}-{{branch}}'",
        wrong: "MAR_CHANNEL_ID: '{{product}}-other'",
        red: "partials-",
        why: "its MAR channel id is \"snowfox-snowman\"",
    },
    Defect {
        row: "8a2: an earlier update that another key has signed",
        file: PARTIALS,
        right: "'3': release\n",
        wrong: "'3': nightly\n",
        red: "partials-",
        why: "it is not signed with the key of the certificate nightly: another key made the signature",
    },
    Defect {
        row: "5c: a partial update from a release that nobody has",
        file: "kinds/beetmover-repackage/kind.yml",
        right: "previousVersion: '{previous_version}'",
        wrong: "previousVersion: 0.0.7",
        red: "balrog-",
        why: "starts from Snowfox-0.0.7-build1, which is not in the history",
    },
    Defect {
        row: "6a: a test channel that leads to releases in place of candidates",
        file: TOPLEVEL,
        right: "default: [release, release-localtest, release-cdntest]",
        wrong: "default: [release, release-cdntest]",
        red: "release-balrog-submit-toplevel-",
        why: "is for the channel `release-localtest`, which the release has no addresses for",
    },
    Defect {
        row: "6b: a rule of users in place of one of a test channel",
        file: TOPLEVEL,
        right: "default: ['{product}-release-localtest', '{product}-release-cdntest']",
        wrong: "default: ['145', '{product}-release-cdntest']",
        red: "release-balrog-submit-toplevel-",
        why: "the rule 145 is for the channel `release`, which users are on",
    },
    Defect {
        row: "6c: a host that updates must not come from",
        file: TOPLEVEL,
        right: "'3': '{download_domain}'",
        wrong: "'3': download.example.com",
        red: "release-balrog-submit-toplevel-",
        why: "files of Snowfox must not be served from https://download.example.com/",
    },
    Defect {
        row: "7a: a time that is none",
        file: SCHEDULING,
        right: "            balrog-action: schedule\n",
        wrong: "            balrog-action: schedule\n            release-eta: tomorrow\n",
        red: "release-balrog-scheduling-",
        why: "`payload.release_eta`: \"tomorrow\" is not a date and time",
    },
    Defect {
        row: "7b: a rule that does not exist",
        file: SCHEDULING,
        right: "default: [145]",
        wrong: "default: [9999]",
        red: "release-balrog-scheduling-",
        why: "there is no rule 9999 that offers Snowfox to users",
    },
    Defect {
        row: "7c: an update for nobody",
        file: SCHEDULING,
        right: RATE,
        wrong: "default: 0\n            force-fallback",
        red: "release-balrog-scheduling-",
        why: "`payload.background_rate` is 0: the worker takes that for none",
    },
    Defect {
        row: "7c: an update for more than all",
        file: SCHEDULING,
        right: RATE,
        wrong: "default: 101\n            force-fallback",
        red: "release-balrog-scheduling-",
        why: "`backgroundRate` is 101, and may be from 0 to 100",
    },
    Defect {
        row: "9b: a release before the watershed",
        file: CONFIG,
        right: "{revision} --last-watershed 0.0a1",
        wrong: "{revision} --last-watershed 0.1.5",
        red: "update-verify-config-",
        why: "partial updates from 0.1.0 are promised, but it is not among the earlier releases",
    },
    Defect {
        row: "10b: the build id of another build",
        file: CONFIG,
        right: "--to-buildid {build_date}",
        wrong: "--to-buildid 20010101000000",
        red: "release-update-verify-snowfox-linux64-",
        why: "not \"20010101000000\"",
    },
    Defect {
        row: "10: a channel that nothing is offered on",
        file: "kinds/release-update-verify/kind.yml",
        right: "default: release-localtest",
        wrong: "default: release-other",
        red: "release-update-verify-snowfox-linux64-",
        why: "no update is offered",
    },
    Defect {
        row: "10c: an update that is signed with a key that clients do not have",
        file: "kinds/repackage-signing-l10n/kind.yml",
        right: "'3': release-signing",
        wrong: "'3': nightly-signing",
        red: "release-update-verify-snowfox-linux64-",
        why: "snowfox-0.2.0.complete.mar is signed by the certificate nightly, but the build accepts release",
    },
    Defect {
        row: "11c: a link that bouncer does not have",
        file: "kinds/release-bouncer-sub/kind.yml",
        right: PARTIAL_LINK,
        wrong: "",
        red: "release-final-verify-",
        why: "NO_MAR_FILE: bouncer has no product snowfox-0.2.0-partial-0.1.0",
    },
];

/// The rate of a release that is not a beta.
const RATE: &str = "default: null\n            force-fallback";

/// Asserts that tasks of these kinds fail for a reason, and no other tasks do.
fn assert_found(report: &Value, (row, kinds, why): (&str, &str, &str)) {
    assert_eq!(report["holds"], false, "{row}");
    let found = red(&report["phases"]);
    let others: Vec<&String> = found.iter().filter(|why| !why.starts_with(kinds)).collect();
    let said = found.iter().any(|found| found.contains(why));
    assert!(said && others.is_empty(), "{row}: {found:#?}");
}

/// What a rehearsal of the next release finds, on top of another one.
fn next(before: &Before, history: &Bundle, (file, right, wrong): (&str, &str, &str)) -> Value {
    let project = next_release(history);
    replace(project.path(), file, right, wrong);
    let folder = copied(before);
    let state = folder.path().to_str().unwrap();
    let report = json_of(&rehearse(project.path(), &["--json", "--folder", state]));
    // Only the release with the defect was rehearsed.
    assert_eq!(report["earlierReleases"], json!([]), "{wrong}");
    report
}

#[test]
fn each_defect_of_updates_is_found_by_its_task() {
    let before = before(&[]);
    for defect in some_of(&DEFECTS, 6) {
        let edit = (defect.file, defect.right, defect.wrong);
        let report = next(&before, &before.history, edit);
        assert_found(&report, (defect.row, defect.red, defect.why));
    }
}

#[test]
fn a_time_of_the_past_is_no_defect() {
    let before = before(&[]);
    let action = "            balrog-action: schedule\n";
    let late = format!("{action}            release-eta: '2020-01-01T00:00:00Z'\n");
    let report = next(&before, &before.history, (SCHEDULING, action, &late));
    assert_eq!(report["holds"], true, "{report:#}");
}

/// An update with as many more files as make the list of what an update from there removes longer than the whole of
/// the next one.
fn with_more_files(update: &[u8]) -> Vec<u8> {
    let mar = Mar::read(update).unwrap();
    let manifest = "updatev3.manifest";
    let more = (0..6000_u32).map(|number| {
        let name = hex(&Hash::Sha512.digest(&[&number.to_be_bytes()]));
        let content = xz(name.as_bytes(), 1, false).unwrap();
        (name, content)
    });
    let more: Vec<(String, Vec<u8>)> = more.collect();
    let listed = mar.entry(manifest).and_then(|entry| mar.content(entry));
    let mut lines = snowman::stage::mar::pack::unpack(listed.unwrap(), 1 << 20).unwrap();
    for (name, _) in &more {
        lines.extend(format!("add \"{name}\"\n").into_bytes());
    }
    let entries = mar.entries.iter().map(|entry| {
        let content = match entry.name == manifest {
            true => xz(&lines, 6, false).unwrap(),
            false => mar.content(entry).unwrap().to_vec(),
        };
        (entry.name.clone(), content)
    });
    let entries = entries.chain(more).map(|(name, content)| NewEntry {
        name,
        mode: 0o644,
        content,
    });
    let entries: Vec<NewEntry> = entries.collect();
    let unsigned = write(&mar.product_info().unwrap(), &entries, &[]).unwrap();
    let key = Certificate::named("release").unwrap().key().unwrap();
    sign(&Mar::read(&unsigned).unwrap(), &[(Algorithm::Sha384, key)]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_update_that_is_larger_than_the_complete_one_is_found() {
    let before = tokio::task::block_in_place(|| before(&[]));
    let path = "pub/snowfox/releases/0.1.0/update/linux-x86_64/de/snowfox-0.1.0.complete.mar";
    let mut history = before.history.clone();
    let is_it = |effect: &&mut snowman::stage::state::Effect| effect.key == path;
    let value = &mut history.effects.iter_mut().find(is_it).unwrap().value;
    let text = |value: &Own, key: &str| value["content"][key].as_str().unwrap().to_owned();
    let (task, artifact) = (text(value, "taskId"), text(value, "artifact"));
    {
        let sandbox = open(before.folder.path()).await;
        let state = sandbox.state();
        let update = state.artifact(&task, None, &artifact).unwrap();
        let large = with_more_files(&update.bytes);
        value["size"] = large.len().into();
        value["sha512"] = hex(&Hash::Sha512.digest(&[&large])).into();
        let id = "fN1SbArXTPSVFNUvaOlinQ";
        value["content"]["taskId"] = id.into();
        keep(&state, id, &artifact, large);
        sandbox.stop().await;
    }
    let edit = (CONFIG, "symbol: UVC", "symbol: UVC");
    let report = tokio::task::block_in_place(|| next(&before, &history, edit));
    let row = "8c: a partial update that is larger than the complete one";
    let kinds = "partials-snowfox-linux64-shippable-de:";
    assert_found(&report, (row, kinds, "more than the complete update with"));
}

/// Creates a completed task with an artifact.
fn keep(state: &State, id: &str, artifact: &str, content: Vec<u8>) {
    let hours = |hours: i64| SystemClock.now().plus(Span::seconds(hours * 60 * 60));
    let definition = json!({
        "provisionerId": "elsewhere",
        "workerType": "elsewhere",
        "created": hours(0).to_string(),
        "deadline": hours(1).to_string(),
        "expires": hours(24).to_string(),
        "payload": {},
        "metadata": {"name": "x", "description": "x", "owner": "a@example.com", "source": "https://example.com"},
    });
    state.create_task(id, &definition).unwrap();
    state.claim(id).unwrap();
    let kind = "application/octet-stream";
    state
        .put_artifact(id, None, artifact, kind, content)
        .unwrap();
    state.report_completed(id).unwrap();
}

/// What is in a folder, with another state in place of one that is there.
struct Changed<'s> {
    state: &'s State,
    task: TaskId,
    changed: Vec<u8>,
}

impl Source for Changed<'_> {
    fn artifact(&self, task: &TaskId, name: &str, _: u64) -> Result<Artifact, SourceError> {
        if *task == self.task && name == STATE {
            let content = Arc::from(self.changed.as_slice());
            return Ok(Artifact { content });
        }
        let found = self.state.artifact(task.as_str(), None, name);
        let (task, name) = (task.clone(), name.to_owned());
        let found = found.ok_or(SourceError::Missing { task, name })?;
        let content = Arc::from(found.bytes.as_ref());
        Ok(Artifact { content })
    }
}

/// Balrog's own task compares each hash with the archive, so a wrong one gets past it only if the update server has
/// another one than it was told: the state that update verification reads is changed here.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_hash_in_one_locale_is_found_where_it_is_verified() {
    let branch = ["--branch", "feature"];
    let (folder, report) = tokio::task::block_in_place(|| {
        let before = before(&branch);
        let project = next_release(&before.history);
        let folder = copied(&before);
        let state = folder.path().to_str().unwrap();
        let args = ["--json", "--folder", state, "promote_snowfox"];
        let output = rehearse(project.path(), &[&args[..], &branch].concat());
        (folder, json_of(&output))
    });
    assert_eq!(report["holds"], true, "{report:#}");
    let sandbox = open(folder.path()).await;
    let state = sandbox.state();
    let promoted = report["phases"][1]["taskGroup"].as_str().unwrap();
    let tasks = state.group_tasks(promoted);
    let submitted = tasks
        .iter()
        .find(|task| task.label == "balrog-snowfox-linux64-shippable-de");
    let submitted = TaskId::parse(&submitted.unwrap().task_id).unwrap();
    let packed = state.artifact(submitted.as_str(), None, STATE).unwrap();
    let mut effects = Effects::read(&packed.bytes).unwrap();
    let locale = effects
        .effects
        .iter_mut()
        .find(|effect| effect.space == "balrog-release-locale")
        .unwrap();
    let wrong = "0".repeat(128);
    let completes = locale.value["completes"].as_array().unwrap().iter();
    let completes = completes.cloned().map(|mut update| {
        update["hashValue"] = wrong.as_str().into();
        update
    });
    locale.value["completes"] = completes.collect();
    let source = Changed {
        state: &state,
        task: submitted,
        changed: effects.write(),
    };
    let mut found = BTreeSet::new();
    let mut passed = 0;
    for task in &tasks {
        let definition = read("definition", task.definition.to_string().as_bytes()).unwrap();
        if !task.label.starts_with("release-update-verify-") {
            continue;
        }
        let task_run = TaskRun {
            task_id: TaskId::parse(&task.task_id).unwrap(),
            run_id: 0,
        };
        let done = run(&task_run, &definition, &source);
        passed += usize::from(done.red.is_empty());
        found.extend(done.red);
    }
    sandbox.stop().await;
    // One part has the locale, and of what it finds each line names it.
    assert_eq!(passed, 3);
    assert!(!found.is_empty());
    for why in &found {
        assert!(why.contains(" in de on release-localtest: "), "{found:#?}");
        assert!(
            why.contains("complete.mar has the sha512 ") && why.contains(&wrong),
            "{found:#?}"
        );
    }
}
