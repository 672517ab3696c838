//! The samples of the guide are what the program prints.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use snowman::base::name::TaskId;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::sandbox::{Options, Sandbox, WorkerOptions};

use super::command::{json_of, rehearse};

/// The commands of the guide that plan promotions, each with what the guide says they print.
fn samples(guide: &str) -> Vec<(&str, &str)> {
    let blocks = guide.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| {
            let (command, rest) = block.split_once("\n```\n\n```text\n")?;
            let (shown, _) = rest.split_once("```\n")?;
            let command = command.strip_prefix("snowman ")?;
            command
                .starts_with("promote --plan")
                .then_some((command, shown))
        })
        .collect()
}

/// Text without the ids and revisions that are others each time.
fn steady(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut out = String::new();
    for piece in text.split_inclusive(|c| !is_part(c)) {
        let word = piece.trim_end_matches(|c| !is_part(c));
        let id = TaskId::parse(word).is_ok_and(|id| id.is_slugid());
        let revision = word.len() == 40 && word.chars().all(|c| c.is_ascii_hexdigit());
        if id || revision {
            let next = format!("<{}>", names.len());
            out.push_str(names.entry(word.to_owned()).or_insert(next));
            out.push_str(&piece[word.len()..]);
        } else {
            out.push_str(piece);
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_in_the_guide_are_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/guide.md")).unwrap();
    let samples = samples(&guide);
    assert!(samples.len() >= 2, "{samples:?}");
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let report = json_of(&rehearse(
        root,
        &["--json", "--folder", state, "promote_snowfox"],
    ));
    let task = |phase: usize| report["phases"][phase]["taskId"].as_str().unwrap();
    let sandbox = Sandbox::start(Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: Some(folder.path().to_owned()),
        workers: WorkerOptions::default(),
        clock: Arc::new(|| SystemClock.now().moment()),
    })
    .await
    .unwrap();
    let credentials = sandbox.root_credentials();
    let input = folder.path().join("release.yml");
    let updates = "partial_updates: {\"0.0.9\": {buildNumber: 1, locales: []}}\n";
    assert!(guide.contains(updates.trim_end()));
    std::fs::write(&input, updates).unwrap();
    for (command, shown) in samples {
        let command = command
            .replace("$DECISION", task(0))
            .replace("$PROMOTE", task(1))
            .replace("release.yml", input.to_str().unwrap());
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_snowman"))
            .args(command.split_whitespace())
            .current_dir(root)
            .env("TASKCLUSTER_ROOT_URL", sandbox.root_url())
            .env("TASKCLUSTER_CLIENT_ID", &credentials.client_id)
            .env("TASKCLUSTER_ACCESS_TOKEN", &credentials.access_token)
            .output()
            .await
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(steady(&printed), steady(shown), "{command}: {stderr}");
        let unexpected = shown.contains("  unexpected  ");
        assert_eq!(
            output.status.code(),
            Some(i32::from(unexpected)),
            "{stderr}"
        );
    }
    sandbox.stop().await;
}
