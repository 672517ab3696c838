//! The flags of `stage`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Flags of `stage`.
#[derive(Debug, Args)]
pub struct StageArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: StageCommand,
}

/// What `stage` does.
#[derive(Debug, Subcommand)]
pub enum StageCommand {
    /// Do the work of the staged task that this process runs in
    Run(StageRunArgs),
}

/// Flags of `stage run`.
#[derive(Debug, Args)]
pub struct StageRunArgs {
    /// Folder to write the task's artifacts to, below `public`
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "/builds/worker/artifacts"
    )]
    pub folder: PathBuf,
}
