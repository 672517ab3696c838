//! What update verification sees of the world: the update server, bouncer, the archive.

use std::sync::Arc;

use crate::stage::keys::Hash;

/// An answer of the update server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The text.
    pub body: String,
}

/// What the archive says about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-512.
    pub sha512: String,
}

/// A file of the archive with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveFile {
    /// What the archive says about it.
    pub stored: Stored,
    /// The content, or why it cannot be read.
    pub content: Result<Arc<[u8]>, Unreadable>,
}

/// Reports that the content of a file of the archive cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No task is known to have it, as in what is known of earlier releases.
    #[error("the content of the file cannot be read: only its size and hashes are known")]
    HashesOnly,
    /// The artifact that holds it cannot be read.
    #[error(
        "the content of the file cannot be read: it is the artifact `{name}` of the task {task}"
    )]
    Artifact {
        /// The task.
        task: String,
        /// The name of the artifact.
        name: String,
    },
}

/// The world.
pub trait World {
    /// Asks the update server.
    fn ask(&mut self, address: &str) -> Answer;

    /// Follows an address to a path of the archive, which begins with `pub/`.
    ///
    /// # Errors
    /// Why it leads nowhere, in words.
    fn locate(&mut self, address: &str) -> Result<String, String>;

    /// What the archive says about a file; `None` if it does not have it.
    fn stat(&mut self, path: &str) -> Option<Stored>;

    /// A file with its content; `None` if the archive does not have it.
    fn file(&mut self, path: &str) -> Option<ArchiveFile>;
}

impl Stored {
    /// What the archive says about a file with this content.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self {
            size: content.len() as u64,
            sha512: Hash::Sha512.hex(content),
        }
    }
}

/// The address at which a build asks for an update.
#[must_use]
pub fn update_address(
    server: &str,
    [product, version, build_id, platform, locale, channel]: [&str; 6],
) -> String {
    format!(
        "{server}/update/3/{product}/{version}/{build_id}/{platform}/{locale}/{channel}/default/default/default/update.xml?force=1"
    )
}
