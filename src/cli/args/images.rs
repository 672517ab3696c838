//! The flags of the commands for docker images.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::common::ProjectArgs;

/// Flags of `image-digest`.
#[derive(Debug, Args)]
pub struct ImageDigestArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Name of the image
    pub image_name: String,
}

/// Flags of `build-image`.
#[derive(Debug, Args)]
pub struct BuildImageArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Write the image's docker context to this file, gzipped, instead of building the image
    #[arg(long, value_name = "FILE")]
    pub context_only: Option<PathBuf>,
    /// Name of the image
    pub image_name: String,
}

/// Flags of `load-image`.
#[derive(Debug, Args)]
pub struct LoadImageArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Load the image that this task built, instead of searching the index
    #[arg(long, value_name = "TASKID")]
    pub task_id: Option<String>,
    /// Name and tag to load the image under, instead of those stored with it
    #[arg(short, long, value_name = "NAME:TAG")]
    pub tag: Option<String>,
    /// Name of the image, which is found in the index by its digest in the working copy
    #[arg(required_unless_present = "task_id")]
    pub image_name: Option<String>,
}

/// Flags of `load-task`.
#[derive(Debug, Args)]
pub struct LoadTaskArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Set up the task, then open a shell in which `exec-task` runs its command; only for tasks that
    /// use `run-task`
    #[arg(short, long)]
    pub interactive: bool,
    /// Run the task on the local checkout, instead of on a new clone
    #[arg(long, visible_alias = "use-local-checkout")]
    pub develop: bool,
    /// Keep the container after the task has ended
    #[arg(long)]
    pub keep: bool,
    /// User that the shell runs as
    #[arg(long, default_value = "worker")]
    pub user: String,
    /// Image to use instead of the task's: the name of an image in the repository or in a registry,
    /// `task-id=<taskId>` or `index=<index path>`
    #[arg(long)]
    pub image: Option<String>,
    /// Folder to mount in the container; can be repeated
    #[arg(short, long = "volume", value_name = "HOST_DIR:CONTAINER_DIR", value_parser = volume)]
    pub volumes: Vec<(String, String)>,
    /// Include debug-level logging output
    // Without the short form, which is that of `--volume`.
    #[arg(long, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
    /// Task to run: its taskId, or `-` to read a taskId or a definition from standard input
    pub task: String,
}

fn volume(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((host, container)) if !host.is_empty() && !container.is_empty() => {
            Ok((host.to_owned(), container.to_owned()))
        }
        _ => Err("expected HOST_DIR:CONTAINER_DIR".to_owned()),
    }
}
