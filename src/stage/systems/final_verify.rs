//! Final verify: every file of the updates can be downloaded, when the release is out.

use crate::base::text::plural;
use crate::stage::partials::funsize::artifact;
use crate::stage::report::Table;
use crate::stage::update_verify::command::Arguments;
use crate::stage::update_verify::config::Config;
use crate::stage::update_verify::finally::run;
use crate::stage::work::Work;

use super::update_server::Servers;
use super::update_verify::{check_release, read};

/// The script that the task runs.
const SCRIPT: &str = "final-verification.sh";

/// Verifies the updates of all configurations.
pub fn verify(work: &mut Work<'_>) {
    let Some(arguments) = Arguments::of(work.payload(), SCRIPT) else {
        let what = format!("the command of the task does not run {SCRIPT}");
        return work.report.problem(what);
    };
    let mut configs: Vec<Config> = Vec::new();
    for address in &arguments.plain {
        match artifact(address) {
            Some((task, name)) => {
                if let Some(config) = read(work, task, name) {
                    check_release(work, &config);
                    configs.push(config);
                }
            }
            None => work
                .report
                .problem(format!("{address} is not the address of an artifact")),
        }
    }
    let Some(first) = configs.first().cloned() else {
        return work
            .report
            .problem("the task names no configuration: there is nothing to verify");
    };
    if !work.report.problems.is_empty() {
        return;
    }
    work.report.checked("configurations", configs.len());
    if configs.iter().all(|config| config.releases.is_empty()) {
        let why = "files of updates: the configurations list no earlier release";
        return work.report.nothing_to_check(why);
    }
    let outcome = run(&configs, &mut Servers::new(work, &first));
    work.report.problems.extend(outcome.problems);
    if outcome.asked > 0 && outcome.files == 0 && work.report.problems.is_empty() {
        work.report.problem("the configurations lead to no file");
    }
    work.report
        .checked("unique addresses of the update server", outcome.asked);
    work.report.checked(
        "unique addresses of files: where each leads, and its size",
        outcome.files,
    );
    work.report.would.push(format!(
        "the first bytes of {} would be requested",
        plural(outcome.files, "file")
    ));
    if !outcome.rows.is_empty() {
        work.report.tables.push(Table {
            title: "Files".to_owned(),
            columns: vec!["Address", "File", "Bytes"],
            rows: outcome.rows,
        });
    }
}
