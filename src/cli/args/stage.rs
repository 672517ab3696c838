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
    /// Serve a staged release over HTTP, as the servers of production would
    Serve(StageServeArgs),
    /// Write what a staged release leaves to later ones: their history
    History(StageHistoryArgs),
}

/// Flags of `stage serve`.
#[derive(Debug, Args)]
pub struct StageServeArgs {
    /// Task groups of the release (the decision task and each promotion), or a folder that `rehearse
    /// --folder` has written
    #[arg(value_name = "GROUP|FOLDER", required = true)]
    pub sources: Vec<String>,
    /// Loopback address to listen on
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDRESS")]
    pub listen: std::net::SocketAddr,
}

/// Flags of `stage history`.
#[derive(Debug, Args)]
pub struct StageHistoryArgs {
    /// Task groups of the release (the decision task and each promotion), or a folder that `rehearse
    /// --folder` has written
    #[arg(value_name = "GROUP|FOLDER", required = true)]
    pub sources: Vec<String>,
    /// File to write
    #[arg(
        short = 'o',
        long,
        value_name = "FILE",
        default_value = "history.json.gz"
    )]
    pub output: PathBuf,
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
