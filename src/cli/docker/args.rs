//! The flags of the commands for docker images.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::PythonArgs;

/// Flags of `image-digest`.
#[derive(Debug, Args)]
pub struct ImageDigestArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// Name of the image
    pub image_name: String,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `build-image`.
#[derive(Debug, Args)]
pub struct BuildImageArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// File to write the image's docker context to, gzipped, instead of building the image
    #[arg(long, value_name = "FILE")]
    pub context_only: Option<PathBuf>,
    /// Name of the image
    pub image_name: String,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `load-image`.
#[derive(Debug, Args)]
pub struct LoadImageArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// Load the image that this task built, instead of asking the index
    #[arg(long, value_name = "TASKID")]
    pub task_id: Option<String>,
    /// Name and tag to load the image under, instead of those in the file
    #[arg(short, long, value_name = "NAME:TAG")]
    pub tag: Option<String>,
    /// Name of the image; it is found by the digest that it has in the working copy
    #[arg(required_unless_present = "task_id")]
    pub image_name: Option<String>,
    #[command(flatten)]
    pub python: PythonArgs,
}

/// Flags of `load-task`.
#[derive(Debug, Args)]
pub struct LoadTaskArgs {
    /// Folder of config.yml
    #[arg(short, long, default_value = "taskcluster", value_name = "FOLDER")]
    pub root: String,
    /// Set the task up, then open a shell in which `exec-task` goes on with it; only for tasks under
    /// `run-task`
    #[arg(short, long)]
    pub interactive: bool,
    /// Have the task work on the checkout that this is run in, instead of on one of its own
    #[arg(long, visible_alias = "use-local-checkout")]
    pub develop: bool,
    /// Keep the container afterwards
    #[arg(long)]
    pub keep: bool,
    /// User that the shell runs as
    #[arg(long, default_value = "worker")]
    pub user: String,
    /// Image to use instead of the task's: the name of one in the tree or a registry,
    /// `task-id=<taskId>` or `index=<index path>`
    #[arg(long)]
    pub image: Option<String>,
    /// Folder to mount in the container; can be given several times
    #[arg(short, long = "volume", value_name = "HOST_DIR:CONTAINER_DIR", value_parser = volume)]
    pub volumes: Vec<(String, String)>,
    /// Task to load: its id, or `-` for a definition or an id on standard input
    pub task: String,
    #[command(flatten)]
    pub python: PythonArgs,
}

fn volume(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((host, container)) if !host.is_empty() && !container.is_empty() => {
            Ok((host.to_owned(), container.to_owned()))
        }
        _ => Err("a volume is HOST_DIR:CONTAINER_DIR".to_owned()),
    }
}
