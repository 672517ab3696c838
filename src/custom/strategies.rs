//! Optimization strategies that the project defines.

use std::collections::BTreeMap;

use super::project::{Custom, GRAPH_WORKER};
use super::registered::is_custom;
use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Str, Value, json};
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::ports::python::{Call, Failure};

/// The answer of a project's strategy when it is asked to replace a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomReplacement {
    /// Keep the task.
    Keep,
    /// Remove the task.
    Remove,
    /// Replace it with the task of this id.
    Replace(String),
}

/// What a strategy has logged, and what the strategies in it have said.
pub type StrategyLog = Vec<Str>;

/// The project's strategies, for one graph.
#[derive(Debug)]
pub struct Strategies<'c, 'a> {
    custom: &'c Custom<'a>,
    /// Each strategy that is the project's, with its description.
    names: BTreeMap<String, Option<String>>,
    /// Whether the worker notes what the strategies in a strategy say.
    traced: bool,
}

impl<'a> Custom<'a> {
    /// The names of all strategies that the project has registered.
    #[must_use]
    pub fn strategy_names(&self) -> Vec<&str> {
        self.registered
            .strategies
            .keys()
            .map(String::as_str)
            .collect()
    }

    /// The project's strategies; those that the parameter `optimize_strategies` names come before
    /// all others.
    ///
    /// # Errors
    /// If the value of that parameter does not exist.
    pub fn strategies<'c>(
        &'c self,
        tasks: &LabelGraph,
        named: Option<&str>,
        native: &dyn Fn(&str) -> bool,
    ) -> Result<Option<Strategies<'c, 'a>>, Diagnostic> {
        let own = |name: &str| is_custom(&self.registered.strategies, name, native(name));
        let used = tasks
            .tasks()
            .any(|task| task.strategy().is_some_and(|(name, _)| own(name)));
        if named.is_none() && !used {
            return Ok(None);
        }
        let failed = |failure: Failure| failure.diagnostic("looking up strategies");
        self.send_all(tasks).map_err(failed)?;
        let arguments = json!({"graph": self.graph, "override": named});
        let answer = self
            .python
            .call(GRAPH_WORKER, Call::new("strategies", arguments))
            .map_err(failed)?;
        let names = answer.value["strategies"].as_array().into_iter().flatten();
        let names = names.filter_map(|entry| {
            let name = entry[0].as_str()?;
            let overridden = entry[1].as_bool()?;
            let described = entry[2].as_str().map(str::to_owned);
            (overridden || own(name)).then(|| (name.to_owned(), described))
        });
        Ok(Some(Strategies {
            custom: self,
            names: names.collect(),
            traced: false,
        }))
    }
}

impl Strategies<'_, '_> {
    /// The same strategies; what the strategies in them say, and which files match, is noted, too. This takes
    /// time.
    #[must_use]
    pub fn traced(self) -> Self {
        Self {
            traced: true,
            ..self
        }
    }

    /// The names of the project's strategies.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// Whether the strategy of this name is the project's.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The strategy as logs name it.
    #[must_use]
    pub fn description(&self, name: &str) -> String {
        match self.names.get(name).and_then(Option::as_deref) {
            Some(description) => format!("{name} ({description})"),
            None => name.to_owned(),
        }
    }

    fn call_strategy(
        &self,
        call: &'static str,
        task: &Task,
        more: Value,
    ) -> Result<(Value, StrategyLog), Diagnostic> {
        let (name, argument) = task.strategy().unwrap_or(("never", &Value::Null));
        let mut arguments = json!({
            "graph": self.custom.graph,
            "strategy": name,
            "label": task.label.as_str(),
            "argument": argument,
            "index": {},
            "statuses": {},
            "traced": self.traced,
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut arguments, more) {
            all.extend(more);
        }
        let answer = self
            .custom
            .python
            .call(GRAPH_WORKER, Call::new(call, arguments));
        let mut answer = answer.map_err(|failure| {
            let what = format!("the optimization strategy `{name}`");
            let mut diagnostic = failure.diagnostic(&what).in_kind(&task.kind);
            diagnostic.task = Some(task.label.as_str().to_owned());
            diagnostic.at(task.provenance.place.clone())
        })?;
        let lines = answer.value["log"].as_array().into_iter().flatten();
        let lines = lines.filter_map(Value::as_str).map(Str::from).collect();
        Ok((answer.value[call].take(), lines))
    }

    /// Whether a task is removed, and what the strategy has logged.
    ///
    /// # Errors
    /// What the strategy raises.
    pub fn remove(&self, task: &Task) -> Result<(bool, StrategyLog), Diagnostic> {
        let (answer, log) = self.call_strategy("should_remove", task, json!({}))?;
        Ok((answer == Value::Bool(true), log))
    }

    /// The replacement of a task, given the latest deadline of its dependents, and what the strategy
    /// has logged.
    ///
    /// # Errors
    /// What the strategy raises.
    pub fn replace(
        &self,
        task: &Task,
        deadline: Option<&str>,
    ) -> Result<(CustomReplacement, StrategyLog), Diagnostic> {
        let deadline = json!({"deadline": deadline});
        let (answer, log) = self.call_strategy("should_replace", task, deadline)?;
        let replacement = match answer {
            Value::String(task_id) => CustomReplacement::Replace(task_id.into()),
            Value::Bool(true) => CustomReplacement::Remove,
            _ => CustomReplacement::Keep,
        };
        Ok((replacement, log))
    }
}
