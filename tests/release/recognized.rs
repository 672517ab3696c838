//! Which tasks belong to which system, and what their workers refuse.

use snowman::base::value::{Value, json};
use snowman::release::{SYSTEMS, check, recognize};

/// The system and the action of a task.
fn found(kind: &str, definition: &Value) -> Option<(&'static str, Option<&'static str>)> {
    let found = recognize(kind, definition)?;
    Some((found.system.name, found.action.map(|action| action.name)))
}

#[test]
fn pools_and_kinds_mean_systems() {
    let pool = |name: &str| json!({"workerType": name, "payload": {"upstreamArtifacts": []}});
    // Names of Firefox CI, and of this project.
    for (name, system) in [
        ("gecko-3-balrog", "balrog"),
        ("gecko-1-balrog-dev", "balrog"),
        ("gecko-1-beetmover", "beetmover"),
        ("mobile-3-beetmover", "beetmover"),
        ("gecko-3-bouncer", "bouncer"),
        ("gecko-t-signing", "signing"),
        ("gecko-3-signing", "signing"),
        ("gecko-signing-mac14m2", "mac-signing"),
        ("dep-gecko-signing-mac14m2", "mac-signing"),
        ("gecko-1-shipit", "shipit"),
        ("gecko-3-lando", "lando"),
        ("gecko-1-tree", "tree"),
        ("gecko-1-pushapk", "pushapk"),
        ("gecko-1-pushflatpak", "pushflatpak"),
        ("gecko-1-pushmsix", "pushmsix"),
        ("gecko-1-addon", "addons"),
        ("mobile-1-bitrise", "bitrise"),
        ("mobile-3-github", "github"),
        ("snowman-dep-balrog", "balrog"),
    ] {
        let found = found("any", &pool(name)).map(|(system, _)| system);
        assert_eq!(found, Some(system), "{name}");
    }
    for name in ["b-linux-gcp", "t-linux-large", "images", "misc-gcp"] {
        assert_eq!(found("any", &pool(name)), None, "{name}");
    }
    let docker = json!({"workerType": "b-linux", "payload": {"image": "a", "command": ["b"]}});
    for (kind, system) in [
        ("release-generate-checksums", "checksums"),
        ("release-update-verify", "update-verify"),
        ("release-secondary-update-verify", "update-verify"),
        ("release-update-verify-secondary", "update-verify"),
        ("release-update-verify-config", "update-verify-config"),
        ("release-final-verify", "final-verify"),
        ("release-bouncer-check", "bouncer-check"),
        ("partials", "partials"),
        ("release-notify-ship", "notify"),
    ] {
        let found = found(kind, &docker).map(|(system, _)| system);
        assert_eq!(found, Some(system), "{kind}");
    }
    for kind in [
        "build",
        "partials-signing",
        "release-generate-checksums-signing",
    ] {
        assert_eq!(found(kind, &docker), None, "{kind}");
    }
    // A task that runs a command is none of a release worker, whatever its pool is called.
    let echo = json!({"workerType": "a-dep-balrog", "payload": {"command": ["echo"]}});
    assert_eq!(found("any", &echo), None);
}

#[test]
fn ordinary_tasks_of_a_system_say_what_they_do() {
    let script = |line: Value| json!({"payload": {"image": "a", "command": ["bash", "-cx", line]}});
    let extra = |extra: Value| json!({"payload": {"image": "a"}, "extra": extra});
    let reference = json!({"artifact-reference": "release/final-verification.sh <a/public/b>"});
    for (kind, definition, known) in [
        (
            "partials",
            extra(json!({"funsize": {"partials": []}})),
            true,
        ),
        ("partials", extra(json!({})), false),
        ("partials", script(json!("echo partials")), false),
        (
            "release-update-verify",
            script(json!("tools/scripts/chunked-verify.sh --total-chunks=2")),
            true,
        ),
        ("release-update-verify", script(json!("echo")), false),
        ("release-final-verify", script(reference), true),
        (
            "release-update-verify-config",
            script(json!(
                "python a/update-verify-config-creator.py --product a"
            )),
            true,
        ),
    ] {
        let (_, action) = found(kind, &definition).unwrap();
        assert_eq!(action.is_some(), known, "{kind} {definition}");
    }
}

#[test]
fn actions_come_from_scopes_or_the_payload() {
    let task = |pool: &str, scopes: &[&str], payload: Value| json!({"workerType": pool, "scopes": scopes.to_vec(), "payload": payload});
    for (pool, scopes, payload, action) in [
        (
            "a-1-beetmover",
            &["project:a:releng:beetmover:action:push-to-releases"][..],
            json!({}),
            Some("push-to-releases"),
        ),
        (
            "a-1-beetmover",
            &["project:a:releng:beetmover:action:push-to-nowhere"],
            json!({}),
            None,
        ),
        ("a-1-balrog", &[], json!({}), Some("submit-locale")),
        (
            "a-1-balrog",
            &[],
            json!({"behavior": "v2-submit-toplevel"}),
            Some("submit-toplevel"),
        ),
        (
            "a-1-balrog",
            &["project:a:releng:balrog:action:schedule"],
            json!({}),
            Some("schedule"),
        ),
        ("a-1-pushapk", &[], json!({}), Some("")),
    ] {
        let definition = task(pool, scopes, payload);
        let found = recognize("any", &definition).unwrap();
        assert_eq!(found.action.map(|one| one.name), action, "{definition}");
    }
}

/// What a worker refuses in a task.
fn refused(definition: &Value) -> Vec<String> {
    let found = recognize("any", definition).unwrap();
    let violations = check(found, definition, true).into_iter();
    let words = violations.map(|one| match one.help {
        Some(help) => format!("{} ({help})", one.message),
        None => one.message,
    });
    words.collect()
}

#[test]
fn everything_that_a_worker_refuses_is_reported() {
    let good = json!({
        "workerType": "a-1-pushapk",
        "scopes": ["project:a:releng:googleplay:product:snowfox:dep"],
        "payload": {"upstreamArtifacts": [{
            "taskId": {"task-reference": "<signing>"},
            "taskType": "signing",
            "paths": ["public/target.apk"],
        }]},
    });
    assert_eq!(refused(&good), Vec::<String>::new());
    // Dates become texts when the task is sent, as references do.
    let expiring = json!({
        "workerType": "a-1-beetmover",
        "scopes": ["project:a:releng:beetmover:bucket:dep", "project:a:releng:beetmover:action:push-to-candidates"],
        "payload": {
            "maxRunTime": 600,
            "releaseProperties": {"appName": "snowfox", "appVersion": "1.0", "buildid": "20250915100000", "branch": "main", "hashType": "sha512", "platform": "linux"},
            "upload_date": 1,
            "upstreamArtifacts": [{"taskId": {"task-reference": "<signing>"}, "taskType": "signing", "paths": ["public/a"]}],
            "artifactMap": [{
                "taskId": {"task-reference": "<signing>"},
                "locale": "en-US",
                "paths": {"public/a": {
                    "checksums_path": "a",
                    "destinations": ["a"],
                    "expiry": {"relative-datestamp": "1 year"},
                }},
            }],
        },
    });
    assert_eq!(refused(&expiring), Vec::<String>::new());
    let bad = json!({
        "workerType": "a-1-pushapk",
        "scopes": [],
        "payload": {"upstreamArtifact": [], "comit": true, "rollout_percentage": 120},
    });
    assert_eq!(
        refused(&bad),
        [
            "the worker asks for a scope for the product, `…:googleplay:product:…`, but the task has none",
            "`payload.rollout_percentage` is 120, but must be at most 100",
            "unknown field `payload.upstreamArtifact` (did you mean `upstreamArtifacts`?)",
            "unknown field `payload.comit` (did you mean `commit`?)",
        ]
    );
    let unknown = json!({
        "workerType": "a-1-shipit",
        "scopes": [
            "project:a:releng:ship-it:server:staging",
            "project:a:releng:ship-it:server:production",
            "project:a:releng:ship-it:action:mark-as-shiped",
        ],
        "payload": {},
    });
    assert_eq!(
        refused(&unknown),
        [
            "the worker asks for one scope for the server, but the task has several: \
             `project:a:releng:ship-it:server:staging`, `project:a:releng:ship-it:server:production`",
            "the worker of shipit has no action `mark-as-shiped` (did you mean `mark-as-shipped`?)",
        ]
    );
}

#[test]
fn the_table_is_complete() {
    let mut names: Vec<&str> = SYSTEMS.iter().map(|system| system.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SYSTEMS.len());
    for system in SYSTEMS {
        assert!(!system.doc.is_empty() && !system.production.is_empty());
        assert!(!system.actions.is_empty(), "{}", system.name);
        let marks = [system.pools, system.kinds, system.implementations].concat();
        assert!(!marks.is_empty(), "{}", system.name);
    }
}
