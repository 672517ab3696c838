//! A rehearsal among others on the same sandbox: when it acts, what its workers do, and what goes wrong in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::artifacts::PhaseOutput;
use super::super::defects::{Other, Planting};
use super::super::event::{Event, Events};
use super::super::owners::Owner;
use super::super::push::Push;
use super::super::task_run::FinishedTask;
use super::super::turns::Turn;
use super::Rehearsal;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::decision::Context;
use crate::ports::vcs::Vcs;

impl<'a> Rehearsal<'a> {
    /// The rehearsal of another release on the same sandbox, with the same history.
    ///
    /// `repository` is that of the context; staged tasks read it for themselves.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn beside<'b>(
        &self,
        context: Context<'b>,
        repository: Option<Box<dyn Vcs>>,
        turn: Turn,
    ) -> Outcome<Rehearsal<'b>>
    where
        'a: 'b,
    {
        let address = self.options.repository.as_deref();
        let push = Push::from_repository(context, self.graph_config, address)?;
        let number = turn.release();
        let events = Arc::clone(&self.events);
        let events: Events = Arc::new(move |event| {
            events(match event {
                Event::Phase { name } => Event::Phase {
                    name: format!("{name} of release {}", number + 1),
                },
                other => other,
            });
        });
        Ok(Rehearsal {
            context,
            graph_config: self.graph_config,
            sandbox: Arc::clone(&self.sandbox),
            owners: self.owners.clone(),
            number,
            turn: Some(turn),
            staged: self.staged.beside(repository, &push),
            push,
            options: self.options,
            parser: self.parser,
            events,
            used: self.used,
            outputs: Vec::new(),
            planting: Planting::default(),
            others: self.others.clone(),
        })
    }

    /// Waits until the release may begin its next phase.
    pub(super) async fn next_turn(&self) -> Outcome<()> {
        if let Some(turn) = &self.turn {
            turn.next().await?;
        }
        Ok(())
    }

    /// Plans what is to go wrong from now on.
    pub fn plan_failures(&mut self) {
        self.planting = Planting::new(self.options.defect, &self.options.fails);
    }

    /// What has been made to go wrong.
    ///
    /// # Errors
    /// When something that was planned has not.
    pub fn planted(&self) -> Outcome<Option<String>> {
        self.planting.finish()
    }

    /// Lets tasks go wrong that a phase has created.
    async fn plant(&mut self, output: &PhaseOutput) -> Outcome<()> {
        let other = match (&self.turn, self.planting.needs_other()) {
            (Some(turn), true) => {
                turn.until_ended(0).await?;
                self.others.get(0)
            }
            _ => None,
        };
        let labels = |output: &PhaseOutput| {
            let labels = output.label_to_taskid.iter();
            let labels = labels.map(|(label, id)| (id.clone(), label.clone()));
            labels.collect::<Vec<_>>()
        };
        let other = other.map(|other| Other {
            labels: labels(output).into_iter().collect(),
            ..other
        });
        let (sandbox, staged) = (&self.sandbox, &self.staged);
        let now = self.context.clock.now();
        let planted = self
            .planting
            .plant(sandbox, staged, output, other.as_ref(), now);
        planted.map_err(|error| Diagnostic::bug("cannot plant a defect").because(error))?;
        Ok(())
    }

    /// Lets workers finish the tasks that a phase has created.
    pub(super) async fn work(&mut self, finished: &FinishedTask) -> Outcome<()> {
        let FinishedTask::Published(output) = finished else {
            return Ok(());
        };
        self.plant(output).await?;
        if let Some(turn) = &self.turn {
            turn.until_idle().await?;
            return Ok(());
        }
        let idle = self.sandbox.run_workers_until_idle().await;
        idle.map_err(|error| {
            let name = &output.name;
            Diagnostic::bug(format!("the sandbox failed in the phase {name}")).because(error)
        })?;
        Ok(())
    }

    /// Makes the tasks that a decision or action task creates those of this release.
    pub(super) fn own(&self, task_id: &TaskId) {
        let owner = Owner {
            release: self.number,
            staged: self.staged.clone(),
        };
        self.owners.add(task_id, owner);
    }

    /// Tells the other releases that this one has ended.
    pub fn end_turns(&mut self) {
        let ids = self
            .outputs
            .iter()
            .flat_map(|output| &output.label_to_taskid);
        let other = Other {
            revision: self.push.head_rev.clone(),
            ids: ids.map(|(label, id)| (label.clone(), id.clone())).collect(),
            passed: self.staged.passed(),
            labels: BTreeMap::new(),
        };
        self.others.add(self.number, other);
        self.turn = None;
    }
}
