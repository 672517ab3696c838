//! pushsnap: snaps for the Snap Store.

use super::upstream;
use crate::stage::report::Table;
use crate::stage::stores::snap::{self, SnapError};
use crate::stage::stores::squashfs::SquashError;
use crate::stage::work::Work;

/// Checks the snap that would be pushed.
pub fn push(work: &mut Work<'_>) {
    let channel = work.text("channel");
    let artifacts = upstream::read(work);
    if artifacts.len() > 1 {
        work.report.problem(format!(
            "there are {} snaps, but one is pushed",
            artifacts.len()
        ));
    }
    let release = &work.staged.release;
    let with_build = format!("{}-{}", release.version, release.build_number);
    let mut rows = Vec::new();
    for artifact in artifacts {
        let path = &artifact.path;
        let snap = match snap::read(&artifact.content) {
            Ok(snap) => snap,
            Err(SnapError::Image(error @ SquashError::Compression(_))) => {
                work.report.unchecked.push(format!("{path}: {error}"));
                continue;
            }
            Err(error) => {
                work.report.problem(format!("{path}: {error}"));
                continue;
            }
        };
        let is_own =
            release.version.is_empty() || [&release.version, &with_build].contains(&&snap.version);
        if !is_own {
            work.report.problem(format!(
                "{path}: the snap has the version {}, but the release is {}",
                snap.version, release.version
            ));
        }
        let faults = snap
            .unfit(channel)
            .into_iter()
            .chain(snap.faults.iter().cloned());
        for fault in faults {
            work.report.problem(format!("{path}: {fault}"));
        }
        work.report
            .checked("version, grade, confinement and processor of the snap", 4);
        work.report
            .checked("files of the snap: rights, links and kinds", snap.files);
        work.report.checked(
            "commands that exist and can be executed",
            snap.commands.len(),
        );
        work.report.would.push(format!(
            "{} {} would be pushed to {channel}",
            snap.name, snap.version
        ));
        rows.push(vec![
            snap.name,
            snap.version,
            snap.architectures.join(", "),
            snap.grade,
            snap.confinement,
            snap.base.unwrap_or_default(),
            artifact.content.len().to_string(),
        ]);
    }
    work.report.unchecked.push(
        "what only the store knows: who owns the name, its automatic review of interfaces, and its revisions".to_owned(),
    );
    work.report.tables.push(Table {
        title: "Snaps".to_owned(),
        columns: vec![
            "Name",
            "Version",
            "Processor",
            "Grade",
            "Confinement",
            "Base",
            "Bytes",
        ],
        rows,
    });
}
