//! The work loop of simulated workers.

use rayon::prelude::*;

use super::simulation::{ClaimedRun, RunOutcome, RunResult, WorkSummary, simulate};
use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::state::{State, WORKER, end_run, upload_artifact};

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
            let results: Vec<RunResult> = claimed
                .par_iter()
                .map(|(run, forced)| self.simulate(run, forced.as_ref()))
                .collect();
            for ((run, _), result) in claimed.iter().zip(results) {
                match self.upload_and_resolve(run, result)? {
                    RunOutcome::Completed => summary.completed += 1,
                    RunOutcome::Failed => summary.failed += 1,
                    RunOutcome::Exception(_) => summary.exceptions += 1,
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn simulate(&self, run: &ClaimedRun, forced: Option<&RunOutcome>) -> RunResult {
        let read = |task: &str, name: &str| {
            let run_id = self
                .shared
                .read(|services| services.queue.latest_run_id(task).ok())?;
            Some((run_id, self.artifact(task, Some(run_id), name)?))
        };
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
            let simulated =
                |id: &str| match (&services.left_to_caller, services.queue.tasks.get(id)) {
                    (Some(left), Some(task)) => !left(&task.definition.json),
                    _ => true,
                };
            let next = services
                .queue
                .pending
                .values()
                .filter_map(|tasks| tasks.iter().find(|(_, _, id)| simulated(id)))
                .min();
            let Some((_, _, id)) = next.cloned() else {
                return Ok(None);
            };
            let run_id = services.queue.latest_run_id(&id)?;
            let task = services.queue.task(&id)?;
            let run = ClaimedRun {
                task_id: id.clone(),
                run_id,
                label: task.definition.label().to_owned(),
                definition: task.definition.json.clone(),
            };
            let deadline = task.definition.deadline;
            services.queue.claim(&id, run_id, WORKER, deadline, now)?;
            let forced = services
                .forced_outcomes
                .get(&run.label)
                .or_else(|| services.forced_outcomes.get(&id))
                .cloned();
            Ok(Some((run, forced)))
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
