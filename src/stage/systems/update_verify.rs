//! Update verify: a part of the checks of a configuration.

use crate::base::text::plural;
use crate::stage::report::Table;
use crate::stage::update_verify::command::Arguments;
use crate::stage::update_verify::config::Config;
use crate::stage::update_verify::verify::{Outcome, run};
use crate::stage::work::Work;

use super::update_server::Servers;
use super::upstream::{self, Fetch};

/// The script that the task runs.
const SCRIPT: &str = "chunked-verify.sh";

/// The file with the differences between updated and new builds.
const DIFFERENCES: &str = "diff-summary.log";

/// Verifies a part of the updates.
pub fn verify(work: &mut Work<'_>) {
    let Some((mut config, parts)) = configuration(work) else {
        return;
    };
    let channel = work.payload()["env"]["CHANNEL"].as_str();
    match channel.filter(|channel| !channel.is_empty()) {
        Some(channel) => config.channel = Some(channel.to_owned()),
        None => work
            .report
            .problem("the task needs the channel to ask, in `CHANNEL`"),
    }
    check_release(work, &config);
    let whole = config.checks();
    let part = match config.chunk(parts.0, parts.1) {
        Ok(part) => part,
        Err(error) => return work.report.problem(error.to_string()),
    };
    if !work.report.problems.is_empty() {
        return;
    }
    work.report
        .checked("the configuration, as builds times locales", whole);
    if part.releases.is_empty() {
        return work.report.nothing_to_check(match whole {
            0 => "updates from earlier releases: the configuration lists none".to_owned(),
            _ => format!("the configuration has {whole} checks, none of which belong to this part"),
        });
    }
    let outcome = run(&part, &mut Servers::new(work, &part));
    report(work, &part, outcome);
}

/// The configuration of a task, the number of parts, and its own.
fn configuration(work: &mut Work<'_>) -> Option<(Config, (usize, usize))> {
    let Some(arguments) = Arguments::of(work.payload(), SCRIPT) else {
        let what = format!("the command of the task does not run {SCRIPT}");
        work.report.problem(what);
        return None;
    };
    let number = |name: &str| arguments.last(name).and_then(|number| number.parse().ok());
    let (Some(total), Some(this)) = (number("total-chunks"), number("this-chunk")) else {
        let what = "the command needs the numbers `--total-chunks` and `--this-chunk`";
        work.report.problem(what);
        return None;
    };
    let mut fetches = upstream::fetches(work).into_iter();
    let fetch = fetches.find(|fetch| fetch.artifact.ends_with("update-verify.cfg"));
    let Some(Fetch { task, artifact }) = fetch else {
        let what = "the task does not fetch update-verify.cfg: there is nothing to verify";
        work.report.problem(what);
        return None;
    };
    let config = read(work, &task, &artifact)?;
    Some((config, (total, this)))
}

/// Reads a configuration.
pub fn read(work: &mut Work<'_>, task: &str, artifact: &str) -> Option<Config> {
    let Some(content) = work.artifact(task, artifact) else {
        let what = format!("the task {task} has no artifact `{artifact}`");
        work.report.problem(what);
        return None;
    };
    let config = Config::read(&content);
    config
        .map_err(|error| {
            work.report
                .problem(format!("{artifact} of the task {task}: {error}"))
        })
        .ok()
}

/// Checks that a configuration is about the release of the task.
pub fn check_release(work: &mut Work<'_>, config: &Config) {
    let release = &work.staged.release;
    let Some(to) = config.to.as_deref() else {
        return;
    };
    let folder = format!(
        "/candidates/{}-candidates/build{}/",
        release.version, release.build_number
    );
    if !release.version.is_empty() && !to.contains(&folder) {
        work.report.problem(format!(
            "the configuration is about another release: its new build is {to}, but this is {} build {}",
            release.version, release.build_number
        ));
    }
}

fn report(work: &mut Work<'_>, config: &Config, outcome: Outcome) {
    let Outcome {
        problems,
        unchecked,
        remarks,
        asked,
        compared,
        files,
        bytes,
        promised,
        applied,
        rows,
        differences,
    } = outcome;
    work.report.problems.extend(problems);
    work.report.unchecked.extend(unchecked);
    work.report.warnings.extend(remarks);
    if promised > 0 && applied == 0 && work.report.problems.is_empty() {
        work.report.problem(format!(
            "{} should be applied to earlier builds, and none could be: the history has none of these builds",
            plural(promised, "partial update")
        ));
    }
    work.report.checked("offers of the update server", asked);
    work.report.checked(
        "size, hash and signature of each update that is offered",
        compared,
    );
    work.report
        .checked("files of updates, read once each", files);
    work.report.checked(
        "updates applied to earlier builds and compared with the new one",
        applied,
    );
    work.report.would.push(format!(
        "{} would be made, and {} of updates downloaded",
        plural(asked, "request"),
        plural(bytes, "byte")
    ));
    if let Some(certificates) = &config.override_certs {
        work.report.would.push(format!(
            "production would take the certificates that earlier builds have; here they accept {certificates}"
        ));
    }
    let others = config
        .releases
        .iter()
        .filter(|release| release.mar_channel_ids.is_some());
    for release in others {
        work.report.would.push(format!(
            "earlier builds {} accept the MAR channel ids {} here, in place of their own",
            release.release.as_deref().unwrap_or_default(),
            release.mar_channel_ids.as_deref().unwrap_or_default()
        ));
    }
    if !rows.is_empty() {
        work.report.tables.push(Table {
            title: "Updates".to_owned(),
            columns: vec!["Version", "Build", "Platform", "Locale", "Check", "Result"],
            rows,
        });
    }
    if let Some(name) = work.declared(DIFFERENCES) {
        work.make(name, differences.into_bytes(), "text/plain");
    }
}
