//! The program itself, killed or stopped while it creates tasks, and run again.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use snowman::base::value::Value;
use snowman::sandbox::{FaultSchedule, InjectedFault};

use super::bench::{started_runs, was_cancelled_unstarted};
use crate::common::Project;
use crate::common::taskcluster::{DECISION, SCOPES, Taskcluster};

const TASKS: usize = 24;

/// Creates a project of two dozen tasks, each with three dependents.
fn project(taskcluster: &Taskcluster) -> Project {
    let mut tasks = String::from("tasks:\n");
    for number in 0..TASKS {
        tasks += &format!("    t{number}:\n        description: T\n        worker-type: succeed\n");
        if number > 2 {
            tasks += &format!("        dependencies: {{before: build-t{}}}\n", number / 3);
        }
    }
    let project = taskcluster.inside(Project::new().plain(&tasks), DECISION);
    project.commit();
    project
}

/// A running decision task.
struct Running<'t> {
    taskcluster: &'t Taskcluster,
    child: Child,
}

impl<'t> Running<'t> {
    fn start(taskcluster: &'t Taskcluster, project: &Project) -> Self {
        let child = project
            .program()
            .args(project.decision(&[]))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { taskcluster, child }
    }

    /// Starts a decision task that has created five tasks and needs long for each of the rest.
    async fn half_way(taskcluster: &'t Taskcluster, project: &Project) -> Self {
        let state = taskcluster.sandbox.state();
        let late = InjectedFault::LateReply(Duration::from_millis(700));
        state.set_fault_schedule("createTask", Some(FaultSchedule::from_call(5, late)));
        let running = Self::start(taskcluster, project);
        running.wait_for_fault().await;
        running
    }

    /// Waits until a fault was injected.
    async fn wait_for_fault(&self) {
        for _ in 0..2000 {
            if self.taskcluster.sandbox.state().injected_fault_count() > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no fault was injected");
    }

    fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
    }

    /// Waits for the exit code and the standard error.
    fn wait(self) -> (Option<i32>, String) {
        let output = tokio::task::block_in_place(|| self.child.wait_with_output().unwrap());
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }
}

/// Runs the decision to its end, and checks that each task exists once and then runs once.
async fn finish(taskcluster: &Taskcluster, project: &Project, stderr: &str) {
    let (code, output) = Running::start(taskcluster, project).wait();
    assert_eq!(code, Some(0), "{stderr}: {output}");
    let state = taskcluster.sandbox.state();
    let mut tasks = state.group_tasks(DECISION);
    tasks.retain(|task| task.task_id != DECISION);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for task in &tasks {
        assert_eq!(task.state.name(), "unscheduled", "{stderr}");
        *counts.entry(&task.label).or_default() += 1;
    }
    assert_eq!(counts.len(), TASKS, "{stderr}");
    assert!(
        counts.values().all(|count| *count == 1),
        "{stderr}: {counts:?}"
    );
    state.report_completed(DECISION).unwrap();
    taskcluster.sandbox.run_workers_until_idle().await.unwrap();
    let tasks = state.group_tasks(DECISION);
    assert!(
        tasks
            .iter()
            .all(|task| !was_cancelled_unstarted(task) && started_runs(task) == 1),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_finishes_a_killed_decision() {
    let step = if super::times() > 1 { 1 } else { 3 };
    for number in (0..TASKS as u64).step_by(step) {
        let sort = match number % 2 {
            0 => InjectedFault::Hang,
            _ => InjectedFault::NoReply,
        };
        let taskcluster = Taskcluster::new().await;
        let project = project(&taskcluster);
        let state = taskcluster.sandbox.state();
        state.set_fault_schedule("createTask", Some(FaultSchedule::single_call(number, sort)));
        let mut running = Running::start(&taskcluster, &project);
        running.wait_for_fault().await;
        running.child.kill().unwrap();
        let (code, _) = running.wait();
        assert_eq!(code, None, "it was killed by a signal");
        finish(
            &taskcluster,
            &project,
            &format!("killed at call {number}, {sort:?}"),
        )
        .await;
    }
}

fn submission(project: &Project) -> Value {
    let path = project.root().join("artifacts/submission.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_decision_reports_the_created_tasks() {
    for name in ["TERM", "INT"] {
        let taskcluster = Taskcluster::new().await;
        let project = project(&taskcluster);
        let state = taskcluster.sandbox.state();
        let running = Running::half_way(&taskcluster, &project).await;
        running.signal(name);
        let (code, output) = running.wait();
        assert_eq!(code, Some(3), "{output}");
        assert!(
            output.contains("finishing the requests in progress"),
            "{output}"
        );
        assert!(output.contains("before the shutdown signal"), "{output}");
        // The open requests were finished, and the report names all created tasks.
        let report = submission(&project);
        assert_eq!(report["complete"], false);
        let listed = report["tasks"].as_array().unwrap().iter();
        let existing = listed.filter(|task| task["state"] == "stands");
        let mut existing: Vec<&str> = existing
            .map(|task| task["taskId"].as_str().unwrap())
            .collect();
        existing.sort_unstable();
        let members = state.group_tasks(DECISION);
        let members = members.iter().map(|task| task.task_id.as_str());
        let mut members: Vec<&str> = members.filter(|id| *id != DECISION).collect();
        members.sort_unstable();
        assert!((6..TASKS).contains(&members.len()), "{members:?}");
        assert_eq!(existing, members);
        state.set_fault_schedule("createTask", None);
        finish(&taskcluster, &project, name).await;
        assert_eq!(submission(&project)["complete"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once() {
    let taskcluster = Taskcluster::new().await;
    let project = project(&taskcluster);
    let state = taskcluster.sandbox.state();
    state.set_fault_schedule(
        "createTask",
        Some(FaultSchedule::from_call(3, InjectedFault::NoReply)),
    );
    let running = Running::start(&taskcluster, &project);
    running.wait_for_fault().await;
    running.signal("TERM");
    tokio::time::sleep(Duration::from_millis(300)).await;
    running.signal("TERM");
    let (code, output) = running.wait();
    assert_eq!(code, Some(3), "{output}");
    assert!(output.contains("SIGTERM again"), "{output}");
    state.set_fault_schedule("createTask", None);
    finish(&taskcluster, &project, "two signals").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_the_first_task_creates_nothing() {
    let taskcluster = Taskcluster::new().await;
    let project = project(&taskcluster);
    let state = taskcluster.sandbox.state();
    state.set_fault_schedule(
        "getTaskGroup",
        Some(FaultSchedule::from_call(0, InjectedFault::Hang)),
    );
    let running = Running::start(&taskcluster, &project);
    running.wait_for_fault().await;
    running.signal("TERM");
    let (code, message) = running.wait();
    assert_eq!(code, Some(3), "{message}");
    assert!(message.contains("nothing was created"), "{message}");
    assert_eq!(state.group_tasks(DECISION).len(), 1);
    state.set_fault_schedule("getTaskGroup", None);
    finish(&taskcluster, &project, "stopped before").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_sealed_during_creation_suggests_no_rerun() {
    let taskcluster = Taskcluster::new().await;
    let project = project(&taskcluster);
    let state = taskcluster.sandbox.state();
    let running = Running::half_way(&taskcluster, &project).await;
    state.seal(DECISION).unwrap();
    let (code, stderr) = running.wait();
    println!("{stderr}");
    assert_eq!(code, Some(3), "{stderr}");
    assert!(
        stderr.contains("is sealed and does not accept new tasks"),
        "{stderr}"
    );
    assert!(!stderr.contains("keeps existing tasks"), "{stderr}");
    assert!(
        stderr.contains("a rerun would fail: make a new push"),
        "{stderr}"
    );
    assert!(stderr.contains("`cancel-all`"), "{stderr}");
    // A rerun is indeed refused.
    let (code, stderr) = Running::start(&taskcluster, &project).wait();
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("so it accepts no more tasks"), "{stderr}");
}

/// Behind a proxy that signs, only the header `Date` of responses shows that the clock is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_reported_before_the_first_task() {
    for (seconds, message) in [(1500, "25 minutes ahead of"), (-1500, "minutes behind")] {
        let taskcluster = Taskcluster::behind(seconds, SCOPES).await;
        let project = project(&taskcluster);
        let state = taskcluster.sandbox.state();
        // Every creation would be counted as a fault.
        state.set_fault_schedule(
            "createTask",
            Some(FaultSchedule::from_call(0, InjectedFault::ErrorBeforeWrite)),
        );
        let (code, stderr) = Running::start(&taskcluster, &project).wait();
        assert_eq!(code, Some(3), "{stderr}");
        println!("{stderr}");
        assert!(stderr.contains("the clock of this machine is"), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
        assert!(stderr.contains("nothing was created"), "{stderr}");
        assert_eq!(state.injected_fault_count(), 0, "nothing was sent");
        assert_eq!(state.group_tasks(DECISION).len(), 1);
    }
    // A clock that is nearly too far off causes a warning.
    let taskcluster = Taskcluster::behind(600, SCOPES).await;
    let project = project(&taskcluster);
    let (code, stderr) = Running::start(&taskcluster, &project).wait();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.contains("10 minutes ahead of the clock of the queue"),
        "{stderr}"
    );
}

/// A limit on the size of files has the effect of a full disk.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_reported_before_the_first_task() {
    let taskcluster = Taskcluster::new().await;
    let project = project(&taskcluster);
    let program = project.program();
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(project.decision(&[]))
        .current_dir(program.get_current_dir().unwrap())
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let output = tokio::task::block_in_place(|| limited.output().unwrap());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains("raise the limit on the size of files"),
        "{stderr}"
    );
    assert!(stderr.contains("nothing was created"), "{stderr}");
    assert_eq!(taskcluster.sandbox.state().group_tasks(DECISION).len(), 1);
    let left = std::fs::read_dir(project.root().join("artifacts")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.contains(&"parameters.yml".into()), "{left:?}");
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().ends_with(".part")),
        "{left:?}"
    );
    finish(&taskcluster, &project, "a full disk").await;
}
