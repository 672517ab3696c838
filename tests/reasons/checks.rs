//! What must happen without what a reason names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::subject::{Fate, OLD, Subject};

/// What was checked, by the kind of reason.
pub type Counts = BTreeMap<String, usize>;

/// Checks every reason that is stated for a task.
pub fn check(full: &Value, params: &Value, label: &str, told: &Value, counts: &mut Counts) {
    let check = Check {
        full,
        params,
        label,
        told,
    };
    let mut done = check.selection();
    if !told["optimization"].is_null() {
        for finding in told["optimization"]["removing"].as_array().unwrap() {
            done.push(check.removing(finding));
        }
        done.push(check.replacing(&told["optimization"]["replacing"]));
    }
    for name in done {
        *counts.entry(name).or_default() += 1;
    }
}

struct Check<'a> {
    full: &'a Value,
    params: &'a Value,
    label: &'a str,
    told: &'a Value,
}

/// A value of an attribute with which a condition of a target-tasks method is not met.
fn violating(attribute: &str) -> Value {
    match attribute {
        "cron" | "partner_repack" => json!(true),
        "code-review" => Value::Null,
        "shipping_phase" | "shipping_product" => json!("no-such-name"),
        _ => json!(["no-such-name"]),
    }
}

/// A value with which it is met.
fn meeting(attribute: &str, params: &Value) -> Value {
    match attribute {
        "cron" | "partner_repack" => Value::Null,
        "code-review" => json!(true),
        "shipping_phase" => match params["target_tasks_method"].as_str().unwrap() {
            "default" => Value::Null,
            _ => json!("promote"),
        },
        "shipping_product" => params["release_product"].clone(),
        _ => json!(["all"]),
    }
}

/// The attributes that the built-in methods read.
const ATTRIBUTES: [&str; 8] = [
    "cron",
    "partner_repack",
    "shipping_phase",
    "shipping_product",
    "run_on_projects",
    "run_on_tasks_for",
    "run_on_git_branches",
    "run_on_releases",
];

fn labels(value: &Value) -> Vec<&str> {
    let labels = value.as_array().unwrap().iter();
    labels.map(|label| label.as_str().unwrap()).collect()
}

impl Check<'_> {
    fn of(&self, others: &[&str]) -> Subject {
        let labels: Vec<&str> = others.iter().copied().chain([self.label]).collect();
        Subject::of(self.full, &labels, self.params)
    }

    fn alone(&self) -> Subject {
        let subject = self.of(&[]).created(&[self.label]);
        subject.attribute(self.label, "always_target", Value::Null)
    }

    fn expect(&self, subject: &Subject, fate: &Fate, why: &str) {
        let found = subject.fate(self.label);
        assert_eq!(&found, fate, "{} {why}: {:#}", self.label, self.told);
    }

    fn expect_not(&self, subject: &Subject, fate: &Fate, why: &str) {
        let found = subject.fate(self.label);
        assert_ne!(&found, fate, "{} {why}: {:#}", self.label, self.told);
    }

    /// Checks why the task is a target or not; returns the kinds of reasons.
    fn selection(&self) -> Vec<String> {
        let target = &self.told["target"];
        let because = target["because"].as_str().unwrap();
        let mut done = vec![format!("target: {because}")];
        let filters = target["filters"].as_array().unwrap();
        match because {
            "filters" => {
                self.expect(&self.alone(), &Fate::Created, "as it is");
                for condition in filters.iter().flat_map(|filter| {
                    assert_eq!(filter["keeps"], true);
                    filter["conditions"].as_array().unwrap()
                }) {
                    let name = condition["attribute"].as_str().unwrap();
                    let changed = self.alone().attribute(self.label, name, violating(name));
                    self.expect(&changed, &Fate::NotTarget, name);
                    done.push(format!("condition: {name}"));
                }
            }
            "always_target" => {
                self.expect(&self.alone(), &Fate::NotTarget, "without the attribute");
                let changed = self.alone().requested(self.label);
                self.expect(&changed, &Fate::Created, "with the attribute");
            }
            "dependency" => self.path(),
            "none" => self.expect(&self.alone(), &Fate::NotTarget, "alone"),
            other => panic!("{other} is not checked"),
        }
        if let Some(excluded) = filters.iter().find(|filter| filter["keeps"] == false) {
            let [condition] = excluded["conditions"].as_array().unwrap().as_slice() else {
                panic!("one condition excludes a task: {excluded}");
            };
            let name = condition["attribute"].as_str().unwrap();
            let others = ATTRIBUTES.iter().filter(|other| **other != name);
            let alone = others.fold(self.alone(), |subject, other| {
                subject.attribute(self.label, other, meeting(other, self.params))
            });
            self.expect(&alone, &Fate::NotTarget, "excluded by one attribute");
            let changed = alone.attribute(self.label, name, meeting(name, self.params));
            self.expect(&changed, &Fate::Created, "with the other attribute");
            done.push(format!("excluded: {name}"));
        }
        done
    }

    /// Checks the path from a target to a task.
    fn path(&self) {
        let links = self.told["target"]["path"].as_array().unwrap();
        let ends = |link: &Value| {
            let end = |key: &str| link[key].as_str().unwrap().to_owned();
            (end("from"), end("to"))
        };
        let links: Vec<(String, String)> = links.iter().map(ends).collect();
        let tasks: Vec<&str> = links.iter().map(|(from, _)| from.as_str()).collect();
        let mut subject = self.of(&tasks);
        subject = subject
            .created(&tasks)
            .attribute(self.label, "always_target", Value::Null);
        // The path alone: no shortcut.
        for from in &tasks {
            for to in tasks.iter().copied().chain([self.label]) {
                if !links.iter().any(|(a, b)| a == from && b == to) {
                    subject = subject.without_edge(from, to);
                }
            }
        }
        self.expect(&subject, &Fate::Created, "by its path");
        for (from, to) in &links {
            let cut = subject.clone().without_edge(from, to);
            self.expect(&cut, &Fate::NotTarget, &format!("without {from} -> {to}"));
        }
    }

    /// Checks what was found when tasks were removed.
    fn removing(&self, finding: &Value) -> String {
        let (label, found) = (self.label, finding["found"].as_str().unwrap());
        let removable = |subject: Subject| {
            subject
                .requested(label)
                .strategy(label, "always", json!(null))
        };
        match found {
            "needed" => {
                let by = finding["by"].as_str().unwrap();
                let subject = removable(self.of(&[by])).requested(by).created(&[by]);
                self.expect(&subject, &Fate::Created, "needed");
                let cut = subject.without_edge(by, label);
                self.expect(&cut, &Fate::Removed, "no longer needed");
            }
            "unneeded" => {
                let by = labels(&finding["by"])[0];
                let subject = self
                    .of(&[by])
                    .strategy(by, "always", json!(null))
                    .requested(by);
                let subject = subject.attribute(label, "always_target", Value::Null);
                self.expect_not(&subject, &Fate::Created, "unneeded");
                let changed = subject.created(&[by]);
                self.expect(&changed, &Fate::Created, "needed after all");
            }
            "do-not-optimize" => {
                assert_eq!(finding["because"], "do_not_optimize");
                let subject = removable(self.of(&[]));
                self.expect(&subject, &Fate::Removed, "not listed");
                self.expect(&subject.created(&[label]), &Fate::Created, "listed");
            }
            "only-if" => {
                let on = labels(&finding["on"])[0];
                let subject = self.of(&[on]).requested(on).requested(label);
                let subject = subject
                    .without_edge(label, "")
                    .strategy(on, "always", json!(null));
                self.expect(&subject, &Fate::Removed, "without its condition");
                self.expect(
                    &subject.created(&[on]),
                    &Fate::Created,
                    "with its condition",
                );
            }
            "kept-with" => {
                let with = finding["with"].as_str().unwrap();
                let subject = self.of(&[with]).requested(with).requested(label);
                let subject = subject.strategy(with, "always", json!(null));
                self.expect(
                    &subject.clone().created(&[with]),
                    &Fate::Created,
                    "kept with",
                );
                self.expect(&subject, &Fate::Removed, "removed with");
            }
            // What it waits for, and what comes of that, is checked at the finding before.
            "in-vain" | "waits" => {}
            "strategy" => return self.strategy(finding),
            other => panic!("{other} is not checked"),
        }
        format!("removing: {found}")
    }

    /// Checks what a strategy says about removal.
    fn strategy(&self, finding: &Value) -> String {
        let label = self.label;
        let subject = self.of(&[]).requested(label);
        let fate = match finding["says"].as_str().unwrap() {
            "keep" => Fate::Created,
            _ => Fate::Removed,
        };
        self.expect(&subject, &fate, "by its strategy");
        let evidence = &finding["asked"][0]["evidence"];
        if let Some(file) = evidence.get("file") {
            let changed = subject.param("files_changed", json!([file]));
            self.expect(&changed, &Fate::Created, "with the file alone");
            let patterns = json!([evidence["pattern"]]);
            let changed = changed.strategy(label, "skip-unless-changed", patterns);
            self.expect(&changed, &Fate::Created, "with the pattern alone");
            let changed = changed.param("files_changed", json!([]));
            self.expect(&changed, &Fate::Removed, "without the file");
            return "strategy: changed".to_owned();
        }
        if let Some(patterns) = evidence.get("unchanged") {
            let pattern = labels(patterns)[0].replace("**", "a/b").replace('*', "c");
            let changed = subject.param("files_changed", json!([pattern]));
            self.expect(&changed, &Fate::Created, "with a file that matches");
            return "strategy: unchanged".to_owned();
        }
        if let Some(revision) = evidence.get("noChanges") {
            assert_eq!(revision, &self.params["head_rev"]);
            let changed = subject.param("base_rev", json!("0".repeat(40)));
            let changed = changed.param("files_changed", json!([]));
            self.expect(&changed, &Fate::Removed, "with changes that do not match");
            return "strategy: no changes".to_owned();
        }
        // A strategy that looks at nothing: another one decides otherwise.
        let (other, otherwise) = match fate {
            Fate::Created => ("always", Fate::Removed),
            _ => ("never", Fate::Created),
        };
        let changed = subject.strategy(label, other, json!(null));
        self.expect(&changed, &otherwise, "with another strategy");
        "strategy: nothing".to_owned()
    }

    /// Checks what was found when tasks were replaced.
    fn replacing(&self, finding: &Value) -> String {
        let label = self.label;
        let replaced = Fate::Replaced(OLD.to_owned());
        let found = finding["found"].as_str().unwrap();
        let kept = |subject: Subject| {
            subject
                .requested(label)
                .strategy(label, "never", json!(null))
        };
        match found {
            "existing_tasks" => {
                assert_eq!(self.told["taskId"], finding["taskId"]);
                assert_eq!(self.params["existing_tasks"][label], finding["taskId"]);
                let subject = kept(self.of(&[]));
                self.expect(&subject, &Fate::Created, "without the earlier task");
                self.expect(&subject.existing(&[label]), &replaced, "with it");
            }
            "depends-on-created" => {
                let on = finding["on"].as_str().unwrap();
                let subject = kept(self.of(&[on])).requested(on);
                let subject = subject.strategy(on, "never", json!(null));
                let one = subject.clone().existing(&[label]);
                self.expect(&one, &Fate::Created, "as what it depends on is created");
                let both = subject.existing(&[label, on]);
                self.expect(&both, &replaced, "if that is replaced, too");
            }
            "do-not-optimize" => {
                let subject = kept(self.of(&[])).existing(&[label]);
                self.expect(&subject, &replaced, "not listed");
                self.expect(&subject.created(&[label]), &Fate::Created, "listed");
            }
            "strategy" => {
                let asked = finding["asked"].as_array().unwrap();
                let index = asked
                    .iter()
                    .filter_map(|one| one["evidence"]["index"].as_array());
                let paths: Vec<&Value> = index.flatten().map(|one| &one["path"]).collect();
                let subject = self.of(&[]).requested(label);
                for path in &paths {
                    self.expect_not(&subject, &replaced, "with an empty index");
                    let indexed = subject.clone().indexed(path.as_str().unwrap());
                    self.expect(&indexed, &replaced, "with a task in the index");
                }
                if !paths.is_empty() {
                    return "replacing: index".to_owned();
                }
            }
            other => panic!("{other} is not checked"),
        }
        format!("replacing: {found}")
    }
}
