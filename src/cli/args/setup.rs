//! The flags of `init` and `reference`.

use std::path::PathBuf;

use clap::Args;

use super::decision_image::DecisionImage;

/// Flags of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Overwrite existing files
    #[arg(short, long)]
    pub force: bool,
    /// Docker image of the decision task, with a version or a digest [default:
    /// ghcr.io/OWNER/snowman-decision with the version of this program]
    #[arg(long)]
    pub image: Option<DecisionImage>,
}

/// Flags of `reference`.
#[derive(Debug, Args)]
pub struct ReferenceArgs {
    /// Folder to write to; by default, everything is printed
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
