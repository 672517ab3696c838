//! What a rehearsal of several releases at once found.

use std::time::Duration;

use super::isolation::Isolation;
use crate::base::text::{plural, text_table};
use crate::base::value::{Value, json};
use crate::rehearse::check::{Check, PhaseReport};
use crate::rehearse::turns::Overlap;

/// One of the releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConcurrentRelease {
    /// Its version.
    pub version: String,
    /// The revision that it is made of.
    pub revision: String,
    /// The push and the flavors, in order.
    pub phases: Vec<PhaseReport>,
    /// The flavors that were not rehearsed, because a phase before them failed.
    pub not_rehearsed: Vec<String>,
    /// The time from its push to its end. Other releases were rehearsed in it, too.
    pub took: Duration,
}

impl ConcurrentRelease {
    /// Whether all its checks pass.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.not_rehearsed.is_empty() && self.phases.iter().all(PhaseReport::holds)
    }
}

/// All releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConcurrentReport {
    /// The seed of the schedule.
    pub seed: u64,
    /// Whether workers were killed.
    pub disturbed: bool,
    /// The releases.
    pub releases: Vec<ConcurrentRelease>,
    /// Where a defect was planted.
    pub planted: Option<String>,
    /// How their work overlapped.
    pub overlap: Overlap,
    /// Whether one has seen anything of another.
    pub isolation: Isolation,
}

/// The heads of the table. The numbers between `Staged` and `Index` are entries of the state: see [`SPACES`].
const HEADS: [&str; 15] = [
    "Release",
    "Version",
    "Decision task",
    "Result",
    "Tasks",
    "Staged",
    "Files",
    "Blobs",
    "Rules",
    "Products",
    "Aliases",
    "Tags",
    "Shipped",
    "Index",
    "Seconds",
];

/// The spaces that the table counts.
const SPACES: [&str; 7] = [
    "archive",
    "balrog-release",
    "balrog-rule",
    "bouncer-product",
    "bouncer-alias",
    "tag",
    "ship-it-release",
];

impl ConcurrentReport {
    /// Whether all checks pass, and all releases were at work at one time.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.releases.iter().all(ConcurrentRelease::holds)
            && self.isolation.checks.iter().all(Check::holds)
            && self.overlap.releases == self.releases.len()
    }

    /// Returns the report as JSON; `phases` renders those of a release.
    #[must_use]
    pub fn to_json(&self, phases: &dyn Fn(&[PhaseReport]) -> Value) -> Value {
        let releases = self.releases.iter().zip(&self.isolation.left);
        let releases = releases.map(|(release, left)| {
            json!({
                "version": release.version,
                "revision": release.revision,
                "decision": left.decision,
                "phases": phases(&release.phases),
                "notRehearsed": release.not_rehearsed,
                "created": left.created,
                "staged": left.staged,
                "state": left.spaces,
                "indexPaths": left.indexed,
                "seconds": release.took.as_secs_f64(),
                "holds": release.holds(),
            })
        });
        let checks = self.isolation.checks.iter();
        let checks =
            checks.map(|c| json!({"rule": c.rule, "holds": c.holds(), "breaches": c.breaches}));
        json!({
            "seed": self.seed,
            "disturbed": self.disturbed,
            "releases": releases.collect::<Value>(),
            "planted": self.planted.clone(),
            "rounds": self.overlap.rounds,
            "order": self.overlap.order,
            "killedWorkers": self.overlap.killed,
            "tasksRunAgain": self.overlap.rerun,
            "releasesAtOnce": self.overlap.releases,
            "releasesWithStagedTasksAtOnce": self.overlap.staged,
            "isolation": checks.collect::<Value>(),
            "sharedBuilds": self.isolation.shared,
            "overwrittenIndexPaths": self.isolation.overwritten,
            "holds": self.holds(),
        })
    }

    /// The heads of the table.
    #[must_use]
    pub fn heads() -> &'static [&'static str] {
        &HEADS
    }

    /// A row of the table for each release: numbers, and names.
    #[must_use]
    pub fn rows(&self) -> Vec<[String; HEADS.len()]> {
        let releases = self.releases.iter().zip(&self.isolation.left);
        let rows = releases.enumerate().map(|(number, (release, left))| {
            let count = |space: &str| left.spaces.get(space).copied().unwrap_or_default();
            let [files, blobs, rules, products, aliases, tags, shipped] =
                SPACES.map(|space| count(space).to_string());
            [
                (number + 1).to_string(),
                release.version.clone(),
                left.decision.clone(),
                if release.holds() { "passed" } else { "FAILED" }.to_owned(),
                left.created.to_string(),
                left.staged.to_string(),
                files,
                blobs,
                rules,
                products,
                aliases,
                tags,
                shipped,
                left.indexed.to_string(),
                format!("{:.1}", release.took.as_secs_f64()),
            ]
        });
        rows.collect()
    }

    /// What must hold between the releases, with what breaks it.
    #[must_use]
    pub fn rules(&self) -> Vec<(String, Vec<String>)> {
        let checks = self.isolation.checks.iter();
        let checks = checks.map(|check| (check.rule.to_owned(), check.breaches.clone()));
        let (count, at_once) = (self.releases.len(), self.overlap.releases);
        let overlap = format!("all {count} releases had a task running at one time");
        let fewer = (at_once < count).then(|| format!("only {at_once} of them had one"));
        checks
            .chain(Some((overlap, fewer.into_iter().collect())))
            .collect()
    }

    /// Remarks.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "{} of the releases had a staged task running at one time",
            self.overlap.staged
        )];
        let shared = self.isolation.shared.iter();
        let shared: Vec<String> = shared
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        if !shared.is_empty() {
            notes.push(format!("builds found in the index: {}", shared.join(", ")));
        }
        if self.isolation.overwritten > 0 {
            let paths = plural(self.isolation.overwritten, "index path");
            notes.push(format!(
                "{paths} of builds, which several releases write, name the last one"
            ));
        }
        if let Some(planted) = &self.planted {
            notes.push(format!("the defect was planted in release 2: {planted}"));
        }
        notes
    }

    /// How the work was divided.
    #[must_use]
    pub fn schedule(&self) -> String {
        let killed = match self.disturbed {
            true => format!(
                ", {} killed, {} run again",
                plural(self.overlap.killed, "worker"),
                plural(self.overlap.rerun, "task")
            ),
            false => String::new(),
        };
        let rounds = plural(self.overlap.rounds, "round");
        format!("seed {}, {rounds}{killed}", self.seed)
    }

    /// Writes the table, and what must hold.
    pub fn write(&self, out: &mut String) {
        out.push_str(&text_table(4, HEADS, self.rows()));
        out.push('\n');
        for (rule, breaches) in self.rules() {
            write_check(&rule, &breaches, out);
        }
        for note in self.notes() {
            out.push_str(&format!("  note        {note}\n"));
        }
        out.push_str(&format!("  schedule    {}\n\n", self.schedule()));
    }
}

fn write_check(rule: &str, breaches: &[String], out: &mut String) {
    let mark = if breaches.is_empty() {
        "passed"
    } else {
        "FAILED"
    };
    out.push_str(&format!("  {mark:<11} {rule}\n"));
    for breach in breaches {
        out.push_str(&format!("                - {breach}\n"));
    }
}
