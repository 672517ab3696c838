//! Pushes to try: what they change in the working copy, and the parameters that they override.
//!
//! Nothing here writes, commits or pushes: the result is a value that the command line shows or writes.
//!
//! - [`settings`]: what the project says about such pushes, with its [`migration`]s;
//! - [`edits`]: files that change, with the differences;
//! - [`release`]: a staging release, with the version and the migrations that it is for;
//! - [`scriptworker`]: tasks of one type of worker ([`worker_type`]) on top of the builds of an existing release;
//! - [`overrides`]: what is asked of the project's own Python code;
//! - [`task_config`]: the parameters that `try_task_config.json` overrides;
//! - [`commands`]: the commands that commit and push the change.

pub mod commands;
pub mod edits;
pub mod migration;
pub mod overrides;
pub mod release;
pub mod scriptworker;
pub mod settings;
pub mod task_config;
pub mod worker_type;
