//! A shift of simulated workers: they take tasks until nothing is pending.

use super::simulation::{Outcome, Simulation, WorkOrder, WorkSummary, simulate};
use crate::sandbox::api::artifacts::latest;
use crate::sandbox::error::{ApiError, Code};
use crate::sandbox::queue::runs::unknown;
use crate::sandbox::state::{State, WORKER, end_run, upload};

impl State {
    /// Runs simulated workers until no task is pending.
    ///
    /// Tasks that others run, and tasks that wait for something that will not come, stay as they are.
    pub async fn run_workers_until_idle(&self) -> Result<WorkSummary, ApiError> {
        let mut summary = WorkSummary::default();
        while let Some((order, fault)) = self.take_any()? {
            let own = self
                .shared
                .workers
                .simulate
                .as_ref()
                .and_then(|simulate| simulate(&order));
            let mut simulation = own.unwrap_or_else(|| simulate(&order, fault.as_ref()));
            simulation.outcome = fault.unwrap_or(simulation.outcome);
            match self.deliver(&order, simulation)? {
                Outcome::Completed => summary.completed += 1,
                Outcome::Failed => summary.failed += 1,
                Outcome::Exception(_) => summary.exceptions += 1,
            }
            tokio::task::yield_now().await;
        }
        Ok(summary)
    }

    fn take_any(&self) -> Result<Option<(WorkOrder, Option<Outcome>)>, ApiError> {
        self.shared.with(|core, now| {
            let next = core
                .queue
                .pending
                .values()
                .filter_map(|tasks| tasks.first())
                .min();
            let Some((_, _, id)) = next.cloned() else {
                return Ok(None);
            };
            let run_id = latest(core, &id)?;
            let task = core.queue.tasks.get(&id).ok_or_else(|| unknown(&id))?;
            let order = WorkOrder {
                task_id: id.clone(),
                run_id,
                label: task.definition.label().to_owned(),
                definition: task.definition.json.clone(),
            };
            let deadline = task.definition.deadline;
            core.queue.claim(&id, run_id, WORKER, deadline, now)?;
            let fault = core
                .faults
                .get(&order.label)
                .or_else(|| core.faults.get(&id))
                .cloned();
            Ok(Some((order, fault)))
        })
    }

    /// Uploads what a run made and ends it; what the queue does not take is the payload's fault.
    fn deliver(&self, order: &WorkOrder, simulation: Simulation) -> Result<Outcome, ApiError> {
        let Simulation {
            mut outcome,
            artifacts,
        } = simulation;
        self.shared.with(|core, now| {
            let (id, run_id) = (order.task_id.as_str(), order.run_id);
            for made in artifacts {
                match upload(core, id, run_id, made, now) {
                    Err(error) if error.code == Code::InternalServerError => return Err(error),
                    Err(_) => outcome = Outcome::Exception("malformed-payload".to_owned()),
                    Ok(()) => {}
                }
            }
            end_run(core, id, run_id, &outcome, now)?;
            Ok(outcome)
        })
    }
}
