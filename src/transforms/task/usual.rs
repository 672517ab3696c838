//! What the definitions of a kind's tasks have in common: found out once, and shared by all of them.

use std::convert::Infallible;
use std::sync::OnceLock;

use super::treeherder;
use crate::base::diagnostic::Diagnostic;
use crate::base::memo::{Last, Memo};
use crate::base::time::{Span, SpanError};
use crate::base::value::{Object, Str, Value};
use crate::transform::Context;

/// What the definitions of a kind's tasks have in common.
pub struct Usual {
    /// The provisioner and the worker type of each alias, and both with a slash between them.
    pub worker_types: Memo<Str, (Str, Str, Str)>,
    /// The decision task.
    pub parent: Value,
    /// Where the kind is described.
    pub source: Value,
    /// The project that is built.
    pub project: Value,
    /// Whom workers belong to.
    pub trust_domain: Value,
    /// Who pushed.
    pub owner: Value,
    /// What shows that a task belongs to a push, at the end of its description.
    pub push_link: String,
    /// The route by which Treeherder hears of tasks.
    pub treeherder_route: Value,
    /// How Treeherder shows tasks that say nothing of it.
    pub treeherder: Object,
    spans: Memo<Str, ()>,
    dates: Memo<Str, Value>,
    automated: Last<Object, Object>,
    deadline: OnceLock<Result<Str, Diagnostic>>,
    priority: OnceLock<Result<Str, Diagnostic>>,
}

impl Usual {
    /// What the tasks of a kind have in common.
    ///
    /// # Errors
    /// When the address of the kind is not known.
    pub fn new(context: &Context<'_>) -> Result<Self, Diagnostic> {
        let params = context.params();
        let environment = context.project.environment;
        Ok(Self {
            worker_types: Memo::default(),
            parent: environment.get("TASK_ID").unwrap_or_default().into(),
            source: params.file_url(context.path)?.into(),
            project: params.project().into(),
            trust_domain: context.graph_config().trust_domain().into(),
            owner: params.str("owner").into(),
            push_link: treeherder::push_link(context),
            treeherder_route: treeherder::route(context).into(),
            treeherder: treeherder::defaults(context.kind.as_str()),
            spans: Memo::default(),
            dates: Memo::default(),
            automated: Last::default(),
            deadline: OnceLock::new(),
            priority: OnceLock::new(),
        })
    }

    /// Checks that a text is a span of time.
    ///
    /// # Errors
    /// [`SpanError`].
    pub fn check_span(&self, text: &Str) -> Result<(), SpanError> {
        let check = |text: &Str| Span::parse(text).map(|_| ());
        self.spans.get(text.clone(), check)
    }

    /// After what time tasks end that say nothing of it, which `find` finds.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn deadline(
        &self,
        find: impl FnOnce() -> Result<String, Diagnostic>,
    ) -> Result<Value, Diagnostic> {
        let found = self.deadline.get_or_init(|| find().map(Str::from));
        found.clone().map(Value::from)
    }

    /// The priority of tasks that say nothing of it, which `find` finds.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn priority(
        &self,
        find: impl FnOnce() -> Result<String, Diagnostic>,
    ) -> Result<Value, Diagnostic> {
        let found = self.priority.get_or_init(|| find().map(Str::from));
        found.clone().map(Value::from)
    }

    /// The environment of a task that is told that it runs in automation.
    #[must_use]
    pub fn automated(&self, env: Object) -> Object {
        let add = |env: &Object| {
            let mut env = env.clone();
            env.insert("MOZ_AUTOMATION", "1");
            Ok::<_, Infallible>(env)
        };
        let Ok(env) = self.automated.get(env, add);
        env
    }

    /// The moment so long after the task is created.
    #[must_use]
    pub fn date(&self, after: &Value) -> Value {
        let make = |after: Value| Value::Object(Object::from([("relative-datestamp", after)]));
        let Value::String(text) = after else {
            return make(after.clone());
        };
        let find = |text: &Str| Ok::<_, Infallible>(make(text.into()));
        let Ok(date) = self.dates.get(text.clone(), find);
        date
    }
}
