//! Task groups of a made-up release.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use snowman::base::task_state::TaskState;
use snowman::overview::{
    AtOnce, Group, Groups, Listed, Overview, PhaseSource, ReadError, ReleaseSource, Rule, collect,
};

/// A task of the project.
pub struct Task {
    pub label: String,
    pub state: TaskState,
    pub attributes: Value,
    /// The labels of tasks that it depends on.
    pub needs: Vec<String>,
    pub seconds: Option<u64>,
    pub pool: &'static str,
    pub report: Option<Value>,
    /// The product of the release that it is a staged task of.
    pub staged_for: Option<&'static str>,
}

/// A task that has completed.
pub fn task(label: &str, needs: &[&str]) -> Task {
    Task {
        label: label.to_owned(),
        state: TaskState::Completed,
        attributes: json!({"shipping_product": "fox", "build_platform": "linux64"}),
        needs: needs.iter().map(|&to| to.to_owned()).collect(),
        seconds: Some(600),
        pool: "pool/linux",
        report: None,
        staged_for: None,
    }
}

/// A report of a staged task.
pub fn report(problems: &[&str]) -> Value {
    json!({
        "version": 1,
        "system": "signing",
        "action": "",
        "checked": [{"what": "the payload", "count": 1}],
        "wouldHappen": ["1 file would be signed"],
        "notChecked": ["the real signature"],
        "warnings": [],
        "problems": problems,
    })
}

/// Task groups: the artifacts and tasks of phases.
#[derive(Default)]
pub struct Project {
    groups: BTreeMap<String, Vec<(String, TaskState, Value)>>,
    artifacts: BTreeMap<(String, String), Vec<u8>>,
    ids: BTreeMap<String, String>,
    phases: Vec<PhaseSource>,
}

/// The kind of a label: its first word.
fn kind(label: &str) -> &str {
    label.split('-').next().unwrap_or_default()
}

impl Project {
    /// Adds a phase that creates tasks and reuses those that it depends on; `log` is that of optimization.
    pub fn phase(&mut self, name: &str, created: &[Task], targets: &[&str], log: &str) {
        let own = format!("task-of-{name}");
        for task in created {
            let id = format!("{name}-{}", task.label);
            self.ids.insert(task.label.clone(), id);
        }
        let id_of = |label: &String| {
            self.ids
                .get(label)
                .cloned()
                .unwrap_or_else(|| format!("index-{label}"))
        };
        let mut full = json!({});
        let mut graph = json!({});
        let mut labels = json!({});
        let mut group = Vec::new();
        for task in created {
            let by_name = |value: &dyn Fn(&String) -> String| -> Value {
                task.needs
                    .iter()
                    .map(|to| (to.clone(), json!(value(to))))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            };
            let known = json!({"kind": kind(&task.label), "label": task.label, "attributes": task.attributes});
            let id = id_of(&task.label);
            full[&task.label] = known.clone();
            full[&task.label]["dependencies"] = by_name(&|to| to.clone());
            graph[&id] = known;
            graph[&id]["dependencies"] = by_name(&id_of);
            labels[&task.label] = json!(id);
            for to in &task.needs {
                labels[to] = json!(id_of(to));
            }
            let staging = task.staged_for.map(|product| {
                json!({"release": {"product": product, "version": "2.0", "buildNumber": 3, "revision": ""}})
            });
            let definition = json!({
                "extra": {"staging": staging},
                "metadata": {"name": task.label},
                "tags": {"kind": kind(&task.label)},
                "taskQueueId": task.pool,
                "dependencies": task.needs.iter().map(&id_of).collect::<Vec<_>>(),
                "payload": {"maxRunTime": task.seconds},
            });
            if let Some(report) = &task.report {
                self.artifacts.insert(
                    (id.clone(), "public/staging/report.json".to_owned()),
                    report.to_string().into(),
                );
            }
            group.push((id, task.state, definition));
        }
        for (file, content) in [
            ("full-task-graph.json", full.to_string()),
            ("task-graph.json", graph.to_string()),
            ("label-to-taskid.json", labels.to_string()),
            ("target-tasks.json", json!(targets).to_string()),
            ("optimizations.log", log.to_owned()),
        ] {
            self.artifacts
                .insert((own.clone(), format!("public/{file}")), content.into());
        }
        // The task of the phase is a member of the first group.
        group.push((own.clone(), TaskState::Completed, json!({})));
        self.groups.insert(own.clone(), group);
        self.phases.push(PhaseSource {
            name: name.to_owned(),
            task_id: own,
            ..PhaseSource::default()
        });
    }

    /// Adds a check to the last phase.
    pub fn rule(&mut self, rule: &str, breaches: &[&str]) {
        let phase = self.phases.last_mut().unwrap();
        phase.rules.push(Rule {
            rule: rule.to_owned(),
            breaches: breaches.iter().map(|&breach| breach.to_owned()).collect(),
        });
    }

    /// So many releases with these phases at once, on top of the first one; `breaches` break the isolation of the second.
    pub fn at_once(&self, count: usize, breaches: &[&str]) -> Overview {
        let mut overview = self.overview();
        let numbers = 1..=count;
        let beside = numbers.clone().map(|number| {
            let mut release = overview.releases[0].clone();
            release.number = Some(number);
            release
        });
        let beside: Vec<_> = beside.collect();
        overview.releases.extend(beside);
        overview.at_once = Some(AtOnce {
            heads: ["Release", "Decision task"].map(str::to_owned).into(),
            rows: numbers
                .map(|number| vec![number.to_string(), HOSTILE.to_owned()])
                .collect(),
            rules: vec![Rule {
                rule: "no state is of another release".to_owned(),
                breaches: breaches.iter().map(|&breach| breach.to_owned()).collect(),
            }],
            notes: vec!["seed 7".to_owned()],
        });
        overview
    }

    /// What the groups say.
    pub fn overview(&self) -> Overview {
        let source = ReleaseSource {
            version: "1.0".to_owned(),
            build_number: 2,
            revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            phases: self.phases.clone(),
        };
        Overview {
            title: "Rehearsal".to_owned(),
            releases: vec![collect(source, self).unwrap()],
            ..Overview::default()
        }
    }
}

impl Groups for Project {
    fn tasks(&self, group: &str) -> Result<Group, ReadError> {
        let tasks = self.groups[group].iter();
        let tasks = tasks.map(|(id, state, definition)| Listed {
            task_id: id.clone(),
            state: *state,
            definition: definition.clone().into(),
            reports: true,
        });
        Ok(tasks.collect())
    }

    fn artifacts(&self, tasks: &[&str], name: &str) -> Result<Vec<Option<Vec<u8>>>, ReadError> {
        let found = tasks.iter();
        Ok(found
            .map(|&task| {
                self.artifacts
                    .get(&(task.to_owned(), name.to_owned()))
                    .cloned()
            })
            .collect())
    }
}

/// A release of two phases. A text of a report and a label try to leave their place in the page.
pub fn release() -> Project {
    let mut project = Project::default();
    let log = "remove_tasks: build-linux kept because of never\noptimize: build-linux kept because of never\n\
               optimize: test-linux removed because of skip-unless-changed\n\
               optimize: toolchain-rust replaced with index-toolchain-rust because of index-search\n";
    let builds = [
        task("build-linux", &["toolchain-rust"]),
        Task {
            attributes: json!({"shipping_product": "fox", "build_platform": "win64"}),
            pool: "pool/windows",
            ..task("build-win", &["toolchain-rust"])
        },
    ];
    project.phase("push", &builds, &["build-linux", "build-win"], log);
    project.rule("every created task has completed", &[]);
    let signed = [
        Task {
            attributes: json!({"shipping_product": "fox", "build_platform": "linux64", "locale": "de"}),
            report: Some(report(&[])),
            ..task("sign-linux-de", &["build-linux"])
        },
        Task {
            state: TaskState::Failed,
            attributes: json!({"shipping_product": "fox", "build_platform": "win64", "locale": "fr"}),
            pool: "pool/signing",
            report: Some(report(&[HOSTILE])),
            ..task("sign-win-fr", &["build-win"])
        },
        task(
            &format!("upload-{HOSTILE_LABEL}"),
            &["sign-linux-de", "sign-win-fr"],
        ),
    ];
    let targets = [format!("upload-{HOSTILE_LABEL}")];
    project.phase("promote_fox", &signed, &[&targets[0]], "");
    project.rule("no task of an earlier phase is built twice", &[]);
    project.rule(
        "every staged task passes",
        &[&format!("sign-win-fr: {HOSTILE}")],
    );
    project
}

/// A text that would run a script if it were not escaped.
pub const HOSTILE: &str = "</script><img src=x onerror=\"window.hit = 1\"><!-- & 'text'";

/// A label of this kind.
pub const HOSTILE_LABEL: &str = "<svg/onload=window.hit=2>\"'&";
