//! The flags of `stage`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
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
    /// Show a staged release: its phases and systems, what is red, what production would have done
    Show(StageShowArgs),
    /// List the staged releases that are in the index
    List(StageListArgs),
    /// Remove staged releases from the index; their tasks stay until they expire
    Clean(StageCleanArgs),
    /// Serve a staged release over HTTP, as the servers of production would
    Serve(StageServeArgs),
    /// Write what earlier releases leave to later ones, of a staged release or of public data
    History(StageHistoryArgs),
}

/// Flags of `stage show`.
#[derive(Debug, Args)]
pub struct StageShowArgs {
    /// Task groups of the release (the decision task and each promotion, in order), or a folder that `rehearse
    /// --folder` has written
    #[arg(value_name = "GROUP|FOLDER", required = true)]
    pub sources: Vec<String>,
    /// Output the result as JSON, with every task
    #[arg(short = 'J', long)]
    pub json: bool,
    /// File to write a page to, with every task; it can be read without a network
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Which index `stage list` and `stage clean` look at.
#[derive(Debug, Args)]
pub struct StageIndexArgs {
    /// Index path below which staged releases are, as in `snowman.staging.index`; can be repeated. By default, that of
    /// the project, or else all below its trust domain
    #[arg(long = "index", value_name = "PATH", value_parser = NonEmptyStringValueParser::new())]
    pub paths: Vec<String>,
    /// Folder of a rehearsal (`rehearse --folder`) in place of a deployment
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Folder that contains config.yml
    #[arg(long, value_name = "FOLDER")]
    pub root: Option<String>,
}

/// Flags of `stage list`.
#[derive(Debug, Args)]
pub struct StageListArgs {
    #[command(flatten)]
    pub index: StageIndexArgs,
    /// Output the result as JSON
    #[arg(short = 'J', long)]
    pub json: bool,
}

/// Flags of `stage clean`.
#[derive(Debug, Args)]
pub struct StageCleanArgs {
    /// Decision tasks of the releases
    #[arg(value_name = "DECISION", required = true)]
    pub decisions: Vec<String>,
    #[command(flatten)]
    pub index: StageIndexArgs,
    /// Only print the index paths that would be removed
    #[arg(long)]
    pub dry_run: bool,
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
    #[arg(value_name = "GROUP|FOLDER", required_unless_present = "public")]
    pub sources: Vec<String>,
    /// Read what is public of earlier releases, from the services that `snowman.staging.public-data` in
    /// config.yml declares
    #[arg(long, conflicts_with = "sources", requires = "product")]
    pub public: bool,
    /// Product whose rules and releases are read, e.g. firefox
    #[arg(long, value_name = "PRODUCT", requires = "public", value_parser = NonEmptyStringValueParser::new())]
    pub product: Option<String>,
    /// Channel whose rules are read, with those of its tests; can be repeated (default: release)
    #[arg(
        long = "channel",
        value_name = "CHANNEL",
        requires = "public",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub channels: Vec<String>,
    /// Release that is read beside those that are offered, e.g. 141.0.3build2; can be repeated
    #[arg(
        long = "release",
        value_name = "VERSIONbuildNUMBER",
        requires = "public"
    )]
    pub releases: Vec<String>,
    /// Folder that contains config.yml
    #[arg(long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
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
