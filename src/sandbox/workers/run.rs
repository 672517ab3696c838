//! The work loop of simulated workers.

use rayon::prelude::*;

use super::simulation::{ClaimedRun, PendingTask, RunOutcome, RunResult, WorkSummary, simulate};
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::services::Services;
use crate::sandbox::state::{State, WORKER, end_run, upload_artifact};
use crate::sandbox::time::Moment;

/// Why a run ends whose worker has been killed. The queue then makes the task pending again.
const KILLED: &str = "worker-shutdown";

/// How many tasks are claimed before the first of them is resolved.
const AT_ONCE: usize = 64;

impl State {
    /// Runs simulated workers until no task is pending.
    ///
    /// Pending tasks run at once, on all processors; the results do not depend on their number. Tasks that
    /// other workers run, and tasks whose dependencies are never satisfied, stay as they are.
    pub async fn run_workers_until_idle(&self) -> Result<WorkSummary, ServiceError> {
        let mut summary = WorkSummary::default();
        loop {
            let mut claimed = Vec::new();
            while claimed.len() < AT_ONCE {
                match self.claim_next()? {
                    Some(run) => claimed.push(run),
                    None => break,
                }
            }
            if claimed.is_empty() {
                return Ok(summary);
            }
            self.finish(&claimed, &|_| false, &mut summary)?;
            tokio::task::yield_now().await;
        }
    }

    /// The pending tasks that simulated workers run, in the order of their taskIds.
    #[must_use]
    pub fn pending(&self) -> Vec<PendingTask> {
        self.shared.read(|services| {
            let queue = &services.queue;
            let pending = queue.pending.values().flatten();
            let simulated = pending.filter(|(_, _, id)| !queue.is_left(id));
            let mut all: Vec<PendingTask> = simulated
                .filter_map(|(_, _, id)| queue.tasks.get(id))
                .map(|task| PendingTask {
                    task_id: task.id.clone(),
                    group_id: task.definition.text("taskGroupId").to_owned(),
                    label: task.definition.label().to_owned(),
                })
                .collect();
            all.sort_unstable();
            all
        })
    }

    /// Claims pending tasks in this order, runs them at once, on all processors, and resolves them in this order.
    ///
    /// The worker of a run that is `killed` ends after the run has uploaded its artifacts and before it is resolved: the
    /// run ends as `worker-shutdown`, and the queue makes the task pending again while it has retries left.
    ///
    /// # Errors
    /// When one of the tasks is not pending, or the sandbox cannot store the results.
    pub fn run_pending(
        &self,
        task_ids: &[String],
        killed: &dyn Fn(&ClaimedRun) -> bool,
    ) -> Result<WorkSummary, ServiceError> {
        let claimed = task_ids.iter().map(|id| {
            self.shared
                .with(|services, now| claim(services, id.clone(), now))
        });
        let claimed = claimed.collect::<Result<Vec<_>, _>>()?;
        let mut summary = WorkSummary::default();
        self.finish(&claimed, killed, &mut summary)?;
        Ok(summary)
    }

    /// Runs claimed tasks at once, and resolves them.
    fn finish(
        &self,
        claimed: &[(ClaimedRun, Option<RunOutcome>)],
        killed: &dyn Fn(&ClaimedRun) -> bool,
        summary: &mut WorkSummary,
    ) -> Result<(), ServiceError> {
        let results: Vec<RunResult> = claimed
            .par_iter()
            .map(|(run, forced)| self.simulate(run, forced.as_ref()))
            .collect();
        for ((run, _), mut result) in claimed.iter().zip(results) {
            if killed(run) {
                result.outcome = RunOutcome::Exception(KILLED.to_owned());
            }
            match self.upload_and_resolve(run, result)? {
                RunOutcome::Completed => summary.completed += 1,
                RunOutcome::Failed => summary.failed += 1,
                RunOutcome::Exception(_) => summary.exceptions += 1,
            }
        }
        Ok(())
    }

    fn simulate(&self, run: &ClaimedRun, forced: Option<&RunOutcome>) -> RunResult {
        let read = |task: &str, name: &str| self.latest_artifact(task, name);
        let simulator = self.shared.workers.simulator.as_ref();
        let simulated = simulator.and_then(|simulator| simulator(run, &read));
        let make = |name: &str| {
            let maker = self.shared.workers.maker.as_ref()?;
            maker(run, name, &read)
        };
        let mut result = simulated.unwrap_or_else(|| simulate(run, forced, &make));
        result.outcome = forced.cloned().unwrap_or(result.outcome);
        result
    }

    fn claim_next(&self) -> Result<Option<(ClaimedRun, Option<RunOutcome>)>, ServiceError> {
        self.shared.with(|services, now| {
            let queue = &services.queue;
            let next = queue
                .pending
                .values()
                .filter_map(|tasks| tasks.iter().find(|(_, _, id)| !queue.is_left(id)))
                .min();
            match next.cloned() {
                Some((_, _, id)) => claim(services, id, now).map(Some),
                None => Ok(None),
            }
        })
    }

    /// Uploads the artifacts of a run and resolves it.
    ///
    /// If the queue refuses an artifact, the run ends as `malformed-payload`.
    fn upload_and_resolve(
        &self,
        run: &ClaimedRun,
        result: RunResult,
    ) -> Result<RunOutcome, ServiceError> {
        let RunResult {
            mut outcome,
            artifacts,
        } = result;
        self.shared.with(|services, now| {
            let (id, run_id) = (run.task_id.as_str(), run.run_id);
            for artifact in artifacts {
                match upload_artifact(services, id, run_id, artifact, now) {
                    Err(error) if error.code == ErrorCode::InternalServerError => {
                        return Err(error);
                    }
                    Err(_) => outcome = RunOutcome::Exception("malformed-payload".to_owned()),
                    Ok(()) => {}
                }
            }
            end_run(services, id, run_id, &outcome, now)?;
            Ok(outcome)
        })
    }
}

/// Claims a pending task, and returns how its run is to end, if that is set.
fn claim(
    services: &mut Services,
    id: String,
    now: Moment,
) -> Result<(ClaimedRun, Option<RunOutcome>), ServiceError> {
    let run_id = services.queue.latest_run_id(&id)?;
    let task = services.queue.task(&id)?;
    let run = ClaimedRun {
        task_id: id,
        run_id,
        label: task.definition.label().to_owned(),
        definition: task.definition.json.clone(),
    };
    let (id, deadline) = (run.task_id.as_str(), task.definition.deadline);
    services.queue.claim(id, run_id, WORKER, deadline, now)?;
    let forced = services
        .forced_outcomes
        .get(&run.label)
        .or_else(|| services.forced_outcomes.get(id))
        .cloned();
    Ok((run, forced))
}
