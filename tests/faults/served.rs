//! Faults of a service behind HTTP: lost connections, late replies, restarts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use snowman::base::name::TaskId;
use snowman::base::pause::RetryPolicy;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::ports::environment::Environment;
use snowman::ports::ids::DerivedIds;
use snowman::ports::stop::NEVER;
use snowman::sandbox::{FaultSchedule, InjectedFault, Options, Sandbox, WorkerOptions};
use snowman::submit::{PlanOptions, Ports, SubmitLimits, TokioSleeper, execute, plan};
use snowman::taskcluster::{Client, Patience};

use super::bench::SCHEDULER;
use super::graph::Spec;

const GROUP: &str = "AAAAAAAAQACDDDDDDDDDDA";

fn client(sandbox: &Sandbox) -> Client {
    let root = sandbox.root_credentials();
    let variables = [
        ("TASKCLUSTER_ROOT_URL", sandbox.root_url()),
        ("TASKCLUSTER_CLIENT_ID", root.client_id),
        ("TASKCLUSTER_ACCESS_TOKEN", root.access_token),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let patience = Patience {
        retry: RetryPolicy {
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(100),
            ..Patience::default().retry
        },
        answer: Duration::from_millis(500),
        ..Patience::default()
    };
    Client::connect_with(&Environment::new(variables), &patience).unwrap()
}

async fn start(port: u16, folder: &std::path::Path) -> Sandbox {
    for _ in 0..100 {
        let started = Sandbox::start(Options {
            address: ([127, 0, 0, 1], port).into(),
            folder: Some(folder.to_owned()),
            workers: WorkerOptions::default(),
            clock: Arc::new(|| SystemClock.now().moment()),
        });
        if let Ok(sandbox) = started.await {
            return sandbox;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the address is not free");
}

/// Creates and claims the decision task of the group.
fn decision(sandbox: &Sandbox) {
    let now = SystemClock.now();
    let day = snowman::base::time::Span::seconds(86_400);
    let definition = serde_json::json!({
        "provisionerId": "test", "workerType": "linux", "schedulerId": SCHEDULER,
        "taskGroupId": GROUP, "created": now.to_string(), "deadline": now.plus(day).to_string(),
        "expires": now.plus(snowman::base::time::Span::seconds(86_400 * 9)).to_string(),
        "payload": {},
        "metadata": {
            "name": "decision", "description": "A task", "owner": "someone@example.com",
            "source": "https://github.com/org/project",
        },
    });
    sandbox.state().create_task(GROUP, &definition).unwrap();
    sandbox.state().claim(GROUP).unwrap();
}

/// Creates a graph while `meanwhile` runs, and returns the sandbox.
async fn create<F>(sandbox: Sandbox, meanwhile: impl FnOnce(Sandbox) -> F) -> (Sandbox, usize)
where
    F: Future<Output = Sandbox>,
{
    decision(&sandbox);
    let ids = DerivedIds::new(TaskId::parse(GROUP).unwrap());
    let (graph, _) = Spec::new(11, 150).graph(&ids);
    let options = PlanOptions {
        decision_task_id: ids.decision_task_id().clone(),
        scheduler_id: SCHEDULER.to_owned(),
        ids: &ids,
    };
    let plan = plan(&graph, &options).unwrap();
    let client = client(&sandbox);
    let ports = Ports {
        taskcluster: &client,
        clock: &SystemClock,
        sleeper: &TokioSleeper,
        stop: &NEVER,
    };
    let limits = SubmitLimits {
        retry: RetryPolicy {
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
            ..SubmitLimits::default().retry
        },
        ..SubmitLimits::default()
    };
    let mut retried = 0;
    let mut on_event = |event: snowman::submit::SubmitEvent<'_>| {
        retried += usize::from(matches!(
            event,
            snowman::submit::SubmitEvent::Retried { .. }
        ));
    };
    let (report, sandbox) = tokio::join!(
        execute(&plan, ports, &limits, &mut on_event),
        meanwhile(sandbox)
    );
    assert_eq!(report.problems.to_string(), "");
    let expected: BTreeSet<String> = plan
        .creations()
        .iter()
        .map(|c| c.task_id.to_string())
        .collect();
    let tasks = sandbox.state().group_tasks(GROUP);
    let there: BTreeSet<String> = tasks.into_iter().map(|task| task.task_id).collect();
    assert!(expected.is_subset(&there));
    assert_eq!(there.len(), expected.len() + 1);
    (sandbox, retried)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_service_loses_no_task() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = start(0, folder.path()).await;
    let port = sandbox
        .root_url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let (_, retried) = create(sandbox, async |sandbox| {
        while sandbox.state().group_tasks(GROUP).len() < 40 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        sandbox.stop().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        start(port, folder.path()).await
    })
    .await;
    assert!(retried > 0, "nothing was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_survive_every_kind_of_fault() {
    let mut kinds = InjectedFault::TRANSIENT.to_vec();
    // The client's timeout ends these calls.
    kinds.extend([InjectedFault::Hang, InjectedFault::NoReply]);
    for seed in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = start(0, folder.path()).await;
        let schedule = FaultSchedule::new(seed, 100, &kinds);
        sandbox
            .state()
            .set_fault_schedule("createTask", Some(schedule));
        sandbox.state().set_fault_schedule(
            "task",
            Some(FaultSchedule::new(seed, 300, InjectedFault::TRANSIENT)),
        );
        let (sandbox, retried) = create(sandbox, async |sandbox| sandbox).await;
        assert!(
            retried > 0 && sandbox.state().injected_fault_count() > 0,
            "no fault was injected"
        );
    }
}
