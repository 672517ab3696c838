//! The scripts that tasks run with: `run-task`, `fetch-content` and their support files.
//!
//! 1. [`locate()`] finds the folder that has them.
//! 2. [`TaskScripts`] holds their content. Docker contexts can include them, and the names of caches
//!    contain the digest of `run-task`.
//! 3. [`publish()`] writes them as artifacts of the decision task, from where generic-worker tasks
//!    mount them.

mod locate;
mod publish;
mod scripts;

pub use locate::locate;
pub use publish::publish;
pub use scripts::{FETCH_CONTENT, HELP, RUN_TASK, Script, ScriptFiles, TaskScripts};
