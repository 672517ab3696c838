//! Runs the callbacks of the project's own actions.
//!
//! 1. The callback runs in the Python worker, which only records the tasks that it creates, cancels and reruns.
//! 2. If it makes a decision, as a release promotion does, its graph is generated and prepared while the callback
//!    waits, in the process and the environment of the callback.
//! 3. After it has returned without an exception, its changes are made, and then the graphs are created.

use super::action::Action;
use super::custom::{open_custom, perform, project_actions};
use super::promotion::python_warnings;
use super::render::actions_json;
use super::request::{Request, Runner, check_scope};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::suggest;
use crate::config::parameters::{Parameters, Strictness};
use crate::custom::callback::{
    Callback, CallbackInput, CallbackOutput, CallbackStep, RequestedDecision,
};
use crate::decision::{self, Context, DecisionOptions, Generated, Prepared};
use crate::morph::staged::settings;

/// Runs the action if it is the project's own; returns whether it is.
///
/// # Errors
/// When the project's own registry has no such action, a scope is missing, the callback raises, or the
/// queue refuses a call.
pub async fn run(
    runner: Runner<'_>,
    request: &Request,
    params: &Parameters,
    built_in: &[Action],
) -> Outcome<bool> {
    let Some(custom) = open_custom(runner.context, params)? else {
        return Ok(false);
    };
    let own = custom.project_callbacks()?;
    if !own.has(&request.callback) {
        if !own.replace_built_in {
            return Ok(false);
        }
        let known = own.names.iter().map(String::as_str);
        let message = format!("unknown action `{}`", request.callback);
        let help = suggest::hint(&request.callback, known);
        return Err(Diagnostic::user(message).help(help).into());
    }
    if runner.check_scope {
        let known = custom
            .project_actions(runner.action_task.as_str())?
            .permissions;
        let permission = known
            .get(&request.callback)
            .map_or("generic", String::as_str);
        check_scope(runner, &request.callback, permission, params).await?;
    }
    tracing::info!("Running the action {} in Python", request.callback);
    let mut callback = Callback::new(&custom, &request.callback);
    let input = CallbackInput {
        group: request.task_group_id.as_ref(),
        task: request.task_id.as_ref(),
        input: &request.input,
        collect: !runner.artifacts.in_place(),
        testing: !runner.check_scope,
        // Release tasks are checked and staged in decisions, not in the requests that one of taskgraph's sends.
        decides: settings(runner.graph_config, params)?.is_some(),
    };
    let action = RunningAction {
        runner,
        request,
        params,
        built_in,
    };
    let done = match callback.start(&input) {
        Ok(step) => action.proceed(&mut callback, step, None).await,
        Err(failed) => Err(failed.into()),
    };
    match done {
        Ok(()) => Ok(true),
        Err(wrong) => Err(callback.with_sent(wrong)),
    }
}

#[derive(Clone, Copy)]
struct RunningAction<'r> {
    runner: Runner<'r>,
    request: &'r Request,
    /// The parameters of the graph that the action is triggered on.
    params: &'r Parameters,
    built_in: &'r [Action],
}

/// A decision whose tasks are created after the callback has returned.
struct PreparedDecision<'d> {
    context: Context<'d>,
    options: &'d DecisionOptions<'d>,
    generated: &'d Generated<'d>,
    prepared: &'d Prepared,
    /// The one before it in the same callback.
    previous: Option<&'d PreparedDecision<'d>>,
}

impl RunningAction<'_> {
    /// Brings the callback to its end, and makes its changes.
    async fn proceed(
        self,
        callback: &mut Callback<'_, '_>,
        step: CallbackStep,
        previous: Option<&PreparedDecision<'_>>,
    ) -> Outcome<()> {
        match step {
            CallbackStep::Returned(output) => self.finish(output, previous).await,
            CallbackStep::Decides(decision) => {
                Box::pin(self.decide(callback, &decision, previous)).await
            }
        }
    }

    /// Prepares a decision in the task group of the action task, while the callback waits for it.
    async fn decide(
        self,
        callback: &mut Callback<'_, '_>,
        decision: &RequestedDecision,
        previous: Option<&PreparedDecision<'_>>,
    ) -> Outcome<()> {
        let runner = self.runner;
        let environment = decision.environment(runner.context.environment);
        let context = Context {
            environment: &environment,
            ..runner.context
        };
        if let Some(python) = context.python {
            let renewed = python.renew_others();
            renewed.map_err(|failure| failure.diagnostic("preparing the decision"))?;
        }
        let values = decision.parameters.clone();
        let params = Parameters::new(values, Strictness::Lenient)?.checked_strictly();
        let id = runner.action_task.as_str();
        let own = project_actions(context, &params, id)?;
        let (files, config) = (context.files, runner.graph_config);
        let options = DecisionOptions {
            decision_task_id: runner.action_task,
            actions_json: actions_json(self.built_in, files, config, &params, id, &own)?,
            artifacts: runner.artifacts,
            verify: true,
            dry_run: !runner.check_scope,
            events: runner.events,
        };
        let generated = decision::generate(context, config, &params, &options, &[], &|_| Ok(()))?;
        let prepared = generated.prepare().await?;
        let decision = PreparedDecision {
            context,
            options: &options,
            generated: &generated,
            prepared: &prepared,
            previous,
        };
        let next = callback.resume()?;
        self.proceed(callback, next, Some(&decision)).await
    }

    /// Makes the changes of a callback that has returned, and creates the graphs of its decisions, the first one
    /// first.
    async fn finish(
        self,
        output: CallbackOutput,
        last: Option<&PreparedDecision<'_>>,
    ) -> Outcome<()> {
        for (name, content) in &output.artifacts {
            self.runner.artifacts.write(name, content)?;
        }
        python_warnings::warn(self.runner, self.request).await;
        let mut decisions: Vec<_> =
            std::iter::successors(last, |decision| decision.previous).collect();
        decisions.reverse();
        let staging = settings(self.runner.graph_config, self.params)?;
        let staging = staging.filter(|staging| staging.stages);
        perform(self.runner, output.changes, staging.as_ref()).await?;
        for decision in decisions {
            let PreparedDecision {
                context,
                options,
                generated,
                prepared,
                ..
            } = decision;
            decision::submit(*context, options, generated, (*prepared).clone()).await?;
        }
        Ok(())
    }
}
