//! The environment of rehearsed tasks.

use crate::ports::environment::Environment;

/// The environment without what names a Taskcluster or an action.
pub fn without_taskcluster(environment: &Environment) -> Environment {
    [
        "TASK_ID",
        "RUN_ID",
        "TASKCLUSTER_PROXY_URL",
        "TASKCLUSTER_ROOT_URL",
        "TASKCLUSTER_CLIENT_ID",
        "TASKCLUSTER_ACCESS_TOKEN",
        "TASKCLUSTER_CERTIFICATE",
        "ACTION_CALLBACK",
        "ACTION_INPUT",
        "ACTION_TASK_ID",
        "ACTION_TASK_GROUP_ID",
    ]
    .into_iter()
    .fold(environment.clone(), Environment::without)
}
