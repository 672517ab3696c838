//! Each check can fail: it is fed with graphs that break its rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;
use snowman::base::name::TaskId;
use snowman::base::time::Span;
use snowman::config::shipping::Phase;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::rehearse::artifacts::{FullTask, PhaseOutput};
use snowman::rehearse::checks::{PromotionExpectations, promotion_report, push_report};
use snowman::rehearse::{Check, Detail, EarlierRelease, PhaseReport, Report};
use snowman::sandbox::{Options, Sandbox, WorkerOptions};

/// A sandbox with a push that has built `build` and `sign`, and a promotion that has built `l10n` on
/// top of it: all checks pass.
struct Release {
    sandbox: Sandbox,
    push: PhaseOutput,
    promotion: PhaseOutput,
    count: u8,
}

fn id(n: u8) -> TaskId {
    TaskId::from_uuid_bytes([n; 16])
}

impl Release {
    async fn new() -> Self {
        let mut release = Self::pushed().await;
        release.task(&id(2), &id(1));
        release.promotion.label_to_taskid = release.push.label_to_taskid.clone();
        let task_id = release.built(&id(2), true);
        note(&mut release.promotion, "l10n", &task_id);
        release
    }

    /// Before the promotion.
    async fn pushed() -> Self {
        let sandbox = Sandbox::start(Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(|| SystemClock.now().moment()),
        })
        .await
        .unwrap();
        let mut release = Self {
            sandbox,
            push: ran("push", id(1)),
            promotion: ran("promote", id(2)),
            count: 10,
        };
        release.task(&id(1), &id(1));
        for label in ["build", "sign"] {
            let task_id = release.built(&id(1), true);
            note(&mut release.push, label, &task_id);
        }
        release
    }

    fn task(&self, task_id: &TaskId, group: &TaskId) {
        let now = SystemClock.now();
        let definition = json!({
            "taskQueueId": "snow/linux", "schedulerId": "snow", "taskGroupId": group.as_str(),
            "created": now.to_string(), "deadline": now.plus(Span::seconds(3600)).to_string(),
            "payload": {},
            "metadata": {
                "name": "task", "description": "A task", "owner": "dev@example.com",
                "source": "https://example.com",
            },
        });
        self.sandbox
            .state()
            .create_task(task_id.as_str(), &definition)
            .unwrap();
    }

    /// A new task in a group, completed or failed.
    fn built(&mut self, group: &TaskId, well: bool) -> TaskId {
        self.count += 1;
        let task_id = id(self.count);
        self.task(&task_id, group);
        let state = self.sandbox.state();
        state.claim(task_id.as_str()).unwrap();
        if well {
            state.report_completed(task_id.as_str()).unwrap();
        } else {
            state.report_failed(task_id.as_str()).unwrap();
        }
        task_id
    }

    fn checked(&self, expected: &PromotionExpectations) -> PhaseReport {
        promotion_report(
            &self.sandbox,
            &self.promotion,
            std::slice::from_ref(&self.push),
            expected,
        )
    }
}

fn ran(name: &str, task_id: TaskId) -> PhaseOutput {
    let kinds = [
        ("build", "build", None, None),
        ("sign", "sign", Some("build"), None),
        ("l10n", "l10n", Some("sign"), Some("promote")),
    ];
    let full = kinds.map(|(label, kind, dependency, phase)| {
        let dependencies: BTreeSet<String> = dependency.into_iter().map(str::to_owned).collect();
        let possible = FullTask {
            kind: kind.to_owned(),
            dependencies,
            searched: false,
            phase: phase.map(str::to_owned),
        };
        (label.to_owned(), possible)
    });
    PhaseOutput {
        name: name.to_owned(),
        task_id,
        version: String::new(),
        label_to_taskid: BTreeMap::new(),
        created: BTreeMap::new(),
        full: full.into(),
        targets: BTreeSet::new(),
        removed: BTreeSet::new(),
        own_python: false,
    }
}

/// Says that a graph has created a task.
fn note(ran: &mut PhaseOutput, label: &str, task_id: &TaskId) {
    ran.created.insert(task_id.to_string(), label.to_owned());
    ran.label_to_taskid
        .insert(label.to_owned(), task_id.to_string());
}

/// The rules that do not hold, with what breaks them.
fn broken(report: &PhaseReport) -> Vec<(&'static str, usize)> {
    let broken = report.checks.iter().filter(|check| !check.holds());
    broken
        .map(|check| (check.rule, check.breaches.len()))
        .collect()
}

const TWICE: &str = "no task of an earlier phase is built twice";
const EARLY: &str = "no new task belongs to an earlier phase";
const IN_GROUP: &str = "every created task is in the group of the task that created it";
const ACTION: &str = "the action task itself is in the group of the push";
const REBUILT: &str = "tasks of rebuild_kinds are rebuilt";
const HONOURED: &str = "tasks in do_not_optimize are created";
const LATEST: &str = "each reused task is the newest with its label";
const COMPLETED: &str = "every created task has completed";

#[tokio::test]
async fn a_correct_release_passes() {
    let pushed = Release::pushed().await;
    let pushed = push_report(&pushed.sandbox, &pushed.push);
    assert!(pushed.holds(), "{pushed:?}");
    assert_eq!((pushed.created, pushed.reused.len()), (2, 0));
    let release = Release::new().await;
    let promoted = release.checked(&PromotionExpectations::default());
    assert!(promoted.holds(), "{promoted:?}");
    assert_eq!(promoted.created, 1);
    assert_eq!(promoted.reused, BTreeMap::from([(id(1).to_string(), 2)]));
    assert_eq!(
        promoted.states,
        BTreeMap::from([("completed".to_owned(), 1)])
    );
    assert_eq!(
        (promoted.in_group, promoted.task_group),
        (id(1).to_string(), id(2).to_string())
    );
    let rules: BTreeSet<&str> = promoted.checks.iter().map(|check| check.rule).collect();
    assert_eq!(
        rules,
        BTreeSet::from([
            TWICE, EARLY, IN_GROUP, ACTION, REBUILT, HONOURED, LATEST, COMPLETED
        ])
    );
}

#[tokio::test]
async fn a_task_that_is_built_twice_is_found() {
    let mut release = Release::new().await;
    let task_id = release.built(&id(2), true);
    note(&mut release.promotion, "sign", &task_id);
    assert_eq!(
        broken(&release.checked(&PromotionExpectations::default())),
        [(TWICE, 1)]
    );
    // It was requested, or one of its dependencies was.
    for kind in ["sign", "build"] {
        let expected = PromotionExpectations {
            rebuild_kinds: vec![kind.to_owned()],
            ..PromotionExpectations::default()
        };
        let rules = broken(&release.checked(&expected));
        let below = kind == "build";
        assert_eq!(
            rules.contains(&(TWICE, 1)),
            below,
            "a build that was not made allows nothing"
        );
    }
}

#[tokio::test]
async fn a_new_task_of_an_earlier_phase_is_found() {
    let mut release = Release::new().await;
    let of = |phases: &[Phase]| PromotionExpectations {
        phases: phases.iter().copied().collect(),
        flavored: BTreeSet::from([Phase::Promote, Phase::Push, Phase::Ship]),
        ..PromotionExpectations::default()
    };
    assert!(release.checked(&of(&[Phase::Promote])).holds());
    let push = of(&[Phase::Push]);
    assert_eq!(broken(&release.checked(&push)), [(EARLY, 1)]);
    // A chain has tasks of all its phases.
    assert!(release.checked(&of(&[Phase::Promote, Phase::Push])).holds());
    // If the names of flavors contain no phase, their targets determine it.
    release.promotion.targets = BTreeSet::from(["l10n".to_owned()]);
    assert!(release.checked(&of(&[])).holds());
    let later = release.promotion.full["l10n"].clone();
    let later = FullTask {
        phase: Some("ship".to_owned()),
        ..later
    };
    release.promotion.full.insert("ship".to_owned(), later);
    release.promotion.targets.insert("ship".to_owned());
    assert_eq!(broken(&release.checked(&of(&[]))), [(EARLY, 1)]);
    release.promotion.full.remove("ship");
    release.promotion.targets.clear();
    // It was requested, or it is searched for in the index.
    let expectations = PromotionExpectations {
        rebuild_kinds: vec!["l10n".to_owned()],
        ..push.clone()
    };
    assert!(release.checked(&expectations).holds());
    let l10n = release.promotion.full.get_mut("l10n").unwrap();
    l10n.searched = true;
    assert!(release.checked(&push).holds());
    // No other flavor would create it.
    let l10n = release.promotion.full.get_mut("l10n").unwrap();
    l10n.searched = false;
    let alone = PromotionExpectations {
        flavored: BTreeSet::from([Phase::Push]),
        ..push.clone()
    };
    assert!(release.checked(&alone).holds());
    // What no push has built is built for releases only, unless a flavor builds it.
    let builds = PromotionExpectations {
        flavored: BTreeSet::from([Phase::Build, Phase::Push]),
        ..push.clone()
    };
    let l10n = release.promotion.full.get_mut("l10n").unwrap();
    l10n.phase = None;
    assert!(release.checked(&builds).holds());
    let l10n = release.promotion.full.get_mut("l10n").unwrap();
    l10n.phase = Some("build".to_owned());
    assert!(release.checked(&push).holds());
    assert_eq!(broken(&release.checked(&builds)), [(EARLY, 1)]);
}

#[tokio::test]
async fn a_promotion_in_python_is_noted() {
    let mut release = Release::new().await;
    let again = release.built(&id(2), true);
    note(&mut release.promotion, "sign", &again);
    let push = PromotionExpectations {
        phases: BTreeSet::from([Phase::Push]),
        flavored: BTreeSet::from([Phase::Promote, Phase::Push]),
        ..PromotionExpectations::default()
    };
    let report = release.checked(&push);
    assert_eq!(broken(&report), [(TWICE, 1), (EARLY, 1)]);
    assert_eq!(report.notes, [""; 0]);
    let accepted = PromotionExpectations {
        accepted: true,
        ..push.clone()
    };
    let accepted = release.checked(&accepted);
    release.promotion.own_python = true;
    for report in [accepted, release.checked(&push)] {
        assert!(report.holds(), "{report:?}");
        let [twice, early] = report.notes.as_slice() else {
            unreachable!("{report:?}")
        };
        assert!(
            twice.starts_with("1 task built twice: sign already exists as "),
            "{twice}"
        );
        let new = "1 new task of an earlier phase: l10n belongs to the phase promote";
        assert_eq!(early, new);
        let text = Report {
            phases: vec![report],
            ..Report::default()
        }
        .to_text(Detail::Long);
        assert!(text.contains(&format!("  note        {new}\n")), "{text}");
    }
}

#[tokio::test]
async fn reused_tasks_are_counted_in_the_order_of_the_phases() {
    let release = Release::new().await;
    let mut first = release.checked(&PromotionExpectations::default());
    first.name = "promote".to_owned();
    let phase = |name: &str, group: &str, reused: &[(&str, usize)]| PhaseReport {
        name: name.to_owned(),
        task_group: group.to_owned(),
        reused: reused.iter().map(|(g, n)| ((*g).to_owned(), *n)).collect(),
        ..first.clone()
    };
    let reused = [("Z", 3), ("A", 5), ("index", 2), ("older", 7)];
    let phases = vec![
        phase("push", "Z", &[]),
        phase("promote", "A", &[]),
        phase("ship", "M", &reused),
    ];
    let report = Report {
        phases,
        ..Report::default()
    };
    let text = report.to_text(Detail::Long);
    let error = "reused      17 (3 from push, 5 from promote, 7 from older, 2 from index)\n";
    assert!(text.contains(error), "{text}");
}

#[tokio::test]
async fn the_short_form_has_what_is_new_or_wrong() {
    let release = Release::new().await;
    let promotion = release.checked(&PromotionExpectations::default());
    let count = promotion.checks.len();
    let named = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    };
    let labels: Vec<String> = (0..40).map(|number| format!("sign-{number}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let new = BTreeMap::from([
        ("build".to_owned(), named(&["build-linux"])),
        ("sign".to_owned(), named(&labels)),
    ]);
    let large = PhaseReport {
        name: "promote_fox".to_owned(),
        new,
        created: 41,
        staged: BTreeMap::from([("signing".to_owned(), 40)]),
        states: BTreeMap::from([
            ("completed".to_owned(), 38),
            ("failed".to_owned(), 2),
            ("exception".to_owned(), 1),
        ]),
        checks: vec![Check {
            rule: "every staged task passes",
            breaches: (0..25).map(|number| format!("sign-{number}: no")).collect(),
        }],
        notes: vec!["a remark".to_owned()],
        ..promotion.clone()
    };
    let push = PhaseReport {
        name: "push".to_owned(),
        ..promotion.clone()
    };
    let report = Report {
        earlier: vec![EarlierRelease {
            version: "0.9".to_owned(),
            phases: vec![push.clone()],
        }],
        phases: vec![push, large],
        ..Report::default()
    };
    let text = report.to_text(Detail::Short);
    let id = &promotion.task_id;
    let reused: usize = promotion.reused.values().sum();
    let removed = promotion.removed;
    let expected = format!(
        "Release 0.9, to be updated from:\n\n\
         Phase  Task                    Created  Reused  Removed  Staged  Red\n\
         push   {id}        1       {reused}        {removed}       0    0\n\n\
         Release on top of it:\n\n\
         Phase        Task                    Created  Reused  Removed  Staged  Red\n\
         push         {id}        1       {reused}        {removed}       0    0\n\
         promote_fox  {id}       41       {reused}        {removed}      40    3\n\n\
         push\n  new         l10n\n\n\
         promote_fox\n  new         40 sign, 1 build\n  FAILED      every staged task passes\n\
         \x20               - sign-0: no\n"
    );
    assert!(text.starts_with(&expected), "{text}\nis not\n{expected}");
    let end = format!(
        "                - sign-19: no\n                … and 5 more; -v lists them\n  note        a remark\n\n\
         {count} of {} checks passed in all 3 phases; -v lists them\n3 phases, 43 tasks: some checks FAILED\n",
        count + 1
    );
    assert!(text.ends_with(&end), "{text}\ndoes not end in\n{end}");
    assert!(!text.contains("no task of an earlier phase"), "{text}");
}

#[tokio::test]
async fn names_are_in_lines_that_are_not_too_long() {
    let release = Release::new().await;
    let promotion = release.checked(&PromotionExpectations::default());
    let labels = (0..12).map(|number| format!("a-task-with-a-long-name-{number:02}"));
    let phase = PhaseReport {
        new: BTreeMap::from([("a".to_owned(), labels.clone().collect())]),
        ..promotion
    };
    let report = Report {
        phases: vec![phase],
        ..Report::default()
    };
    let text = report.to_text(Detail::Short);
    let mut lines = text.lines().skip_while(|line| !line.starts_with("  new"));
    let lines: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    assert!(lines.iter().all(|line| line.len() <= 100), "{text}");
    assert_eq!(lines.len(), 4, "{text}");
    let words = lines.concat().replace("  new", "");
    let words: Vec<&str> = words
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .collect();
    assert_eq!(words, labels.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_task_in_another_group_is_found() {
    let mut release = Release::new().await;
    let stray = release.built(&id(9), true);
    note(&mut release.promotion, "l10n", &stray);
    assert_eq!(
        broken(&release.checked(&PromotionExpectations::default())),
        [(IN_GROUP, 1)]
    );
    let mut release = Release::pushed().await;
    let stray = release.built(&id(9), true);
    note(&mut release.push, "build", &stray);
    assert_eq!(
        broken(&push_report(&release.sandbox, &release.push)),
        [(IN_GROUP, 1)]
    );
}

#[tokio::test]
async fn an_unplanned_task_is_found() {
    let mut release = Release::new().await;
    release.built(&id(2), true);
    assert_eq!(
        broken(&release.checked(&PromotionExpectations::default())),
        [(IN_GROUP, 1)]
    );
}

#[tokio::test]
async fn an_action_in_another_group_is_found() {
    let mut release = Release::new().await;
    release.task(&id(3), &id(9));
    release.promotion.task_id = id(3);
    let rules = broken(&release.checked(&PromotionExpectations::default()));
    assert!(rules.contains(&(ACTION, 1)), "{rules:?}");
    release.push.task_id = id(3);
    let rules = broken(&push_report(&release.sandbox, &release.push));
    assert!(
        rules.contains(&("the taskGroupId of the decision task is its own taskId", 1)),
        "{rules:?}"
    );
}

#[tokio::test]
async fn a_missing_rebuild_is_found() {
    let release = Release::new().await;
    let kind = PromotionExpectations {
        rebuild_kinds: vec!["sign".to_owned(), "unknown".to_owned()],
        ..PromotionExpectations::default()
    };
    assert_eq!(broken(&release.checked(&kind)), [(REBUILT, 1)]);
    let mut cached = Release::new().await;
    let sign = cached.promotion.full.get_mut("sign").unwrap();
    sign.searched = true;
    assert!(cached.checked(&kind).holds(), "the index may have it");
    let label = PromotionExpectations {
        do_not_optimize: vec!["sign".to_owned(), "nothing".to_owned()],
        ..PromotionExpectations::default()
    };
    assert_eq!(broken(&release.checked(&label)), [(HONOURED, 1)]);
    let done = PromotionExpectations {
        rebuild_kinds: vec!["l10n".to_owned()],
        do_not_optimize: vec!["l10n".to_owned()],
        ..PromotionExpectations::default()
    };
    assert!(release.checked(&done).holds());
}

#[tokio::test]
async fn an_older_id_is_found() {
    let mut release = Release::new().await;
    let old = release.built(&id(1), true);
    release
        .promotion
        .label_to_taskid
        .insert("sign".to_owned(), old.to_string());
    assert_eq!(
        broken(&release.checked(&PromotionExpectations::default())),
        [(LATEST, 1)]
    );
    let report = release.checked(&PromotionExpectations::default());
    assert_eq!(
        report.reused.get("index"),
        Some(&1),
        "nobody has created it"
    );
}

#[tokio::test]
async fn a_task_that_has_not_completed_is_found() {
    let mut release = Release::new().await;
    let failed = release.built(&id(2), false);
    note(&mut release.promotion, "l10n", &failed);
    assert_eq!(
        broken(&release.checked(&PromotionExpectations::default())),
        [(COMPLETED, 1)]
    );
    let report = release.checked(&PromotionExpectations::default());
    assert_eq!(report.states.get("failed"), Some(&1));
    let mut release = Release::pushed().await;
    let failed = release.built(&id(1), false);
    note(&mut release.push, "build", &failed);
    assert_eq!(
        broken(&push_report(&release.sandbox, &release.push)),
        [(COMPLETED, 1)]
    );
}
