//! The log of an optimization, as `optimizations.log` and `-v` show it.

use std::collections::BTreeMap;

use super::evidence::{Removing, Replacing};
use super::verdict::{Action, Verdict, summary};
use crate::base::name::Label;
use crate::base::text::on_one_line;

/// What was found about a task, and what has become of it: one line each. What strategies of the project have logged
/// cannot look like a line of its own.
#[must_use]
pub fn lines(label: &Label, verdict: &Verdict) -> Vec<String> {
    let removing = verdict.removing.iter().map(Removing::told);
    let removing = removing.map(|told| format!("remove_tasks: {label} {told}"));
    let replacing = verdict.replacing.iter().map(Replacing::told);
    let replacing = replacing.map(|told| format!("replace_tasks: {label} {told}"));
    let with = match &verdict.action {
        Action::Replaced(task_id) => format!(" with {task_id}"),
        _ => String::new(),
    };
    let result = format!(
        "optimize: {label} {}{with} because of {}",
        verdict.action_name(),
        verdict.reason
    );
    let lines = removing.chain(replacing).chain([result]);
    lines.map(|line| on_one_line(&line).into_owned()).collect()
}

/// The log of an optimization: the lines of each task, by label, and the numbers of tasks.
#[must_use]
pub fn log(verdicts: &BTreeMap<Label, Verdict>) -> String {
    let mut out = String::new();
    let tasks = verdicts.iter();
    let counts = ["removed", "replaced"].map(|action| summary(action, verdicts));
    for line in tasks
        .flat_map(|(label, verdict)| lines(label, verdict))
        .chain(counts)
    {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::evidence::{Answer, Evidence};
    use super::super::replacement::Replacement;
    use super::super::strategy::custom_asked;
    use super::super::verdict::Reason;
    use super::*;
    use crate::model::test_support::label;

    #[test]
    fn what_strategies_log_is_no_line_of_its_own() {
        let logged = "looked\noptimize: b removed because of a\r\u{1b}[2K";
        let asked = custom_asked(Replacement::Keep, vec![logged.into()]);
        assert!(matches!(&asked.evidence, Evidence::Custom(lines) if lines.len() == 1));
        let answer = Answer {
            strategy: "own".to_owned(),
            says: Replacement::Keep,
            asked: vec![asked],
        };
        let verdict = Verdict {
            action: Action::Kept,
            reason: Reason::Custom("own".to_owned()),
            removing: vec![Removing::Asked(answer)],
            replacing: None,
        };
        let lines = lines(&label("a"), &verdict);
        assert_eq!(
            lines[0],
            "remove_tasks: a is kept by own: looked\\noptimize: b removed because of a\\r\\u{1b}[2K"
        );
        assert_eq!(lines.len(), 2);
    }
}
