//! Values that the definitions of a kind's tasks have in common, computed once.

use std::convert::Infallible;
use std::sync::OnceLock;

use super::push;
use crate::base::diagnostic::Diagnostic;
use crate::base::memo::{Last, Memo};
use crate::base::time::{Span, SpanError};
use crate::base::value::{Object, Str, Value};
use crate::base::worker_pool::WorkerPool;
use crate::transform::Context;

/// Values that the definitions of a kind's tasks have in common.
pub struct Common {
    /// The worker pool of each alias, and its id.
    pub worker_pools: Memo<Str, (WorkerPool, Str)>,
    /// The decision task.
    pub parent: Value,
    /// The URL of the kind's folder.
    pub source: Value,
    /// The project that is built.
    pub project: Value,
    /// The trust domain.
    pub trust_domain: Value,
    /// Who pushed.
    pub owner: Value,
    /// The link to the push at the end of descriptions.
    pub push_link: String,
    /// The route that Treeherder listens to.
    pub treeherder_route: Value,
    /// The default Treeherder settings.
    pub treeherder: Object,
    spans: Memo<Str, ()>,
    dates: Memo<Str, Value>,
    automated: Last<Object, Object>,
    deadline: OnceLock<Result<Str, Diagnostic>>,
    priority: OnceLock<Result<Str, Diagnostic>>,
}

impl Common {
    /// Computes the common values of a kind's tasks.
    ///
    /// # Errors
    /// If the URL of the kind is unknown.
    pub fn new(context: &Context<'_>) -> Result<Self, Diagnostic> {
        let params = context.params();
        let environment = context.project.environment;
        Ok(Self {
            worker_pools: Memo::default(),
            parent: environment.get("TASK_ID").unwrap_or_default().into(),
            source: params.file_url(context.path)?.into(),
            project: params.project().into(),
            trust_domain: context.graph_config().trust_domain().into(),
            owner: params.str("owner").into(),
            push_link: push::push_link(context),
            treeherder_route: push::treeherder_route(context).into(),
            treeherder: push::treeherder_defaults(context.kind.as_str()),
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

    /// The default deadline of tasks, which `find` returns.
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

    /// The default priority of tasks, which `find` returns.
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

    /// The environment of a task with `MOZ_AUTOMATION`.
    #[must_use]
    pub fn with_automation(&self, env: Object) -> Object {
        let add = |env: &Object| {
            let mut env = env.clone();
            env.insert("MOZ_AUTOMATION", "1");
            Ok::<_, Infallible>(env)
        };
        let Ok(env) = self.automated.get(env, add);
        env
    }

    /// A time relative to the creation of the task.
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
