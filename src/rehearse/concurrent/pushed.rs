//! A repository with one more revision: that of a push, with the same files as what is checked out.
//!
//! Each release that is staged is a push of its own, and so of a revision of its own, even if the files are the same.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::ports::snapshot::Snapshot;
use crate::ports::vcs::{Change, Contents, Tool, Vcs, VcsError};

/// The repository as it is after a push on top of what is checked out, which changes no file.
pub struct Pushed {
    vcs: Box<dyn Vcs>,
    /// The revision that is checked out.
    head: String,
    /// The revision of the push.
    revision: String,
}

/// The revision of a push on top of another revision, as long as that one: made up, but always the same.
pub fn revision(head: &str, number: usize) -> String {
    let digest = Sha256::digest(format!("push {number} on top of {head}"));
    let mut text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(head.len());
    text
}

impl Pushed {
    /// The repository in which `head` is checked out, and has been pushed as `revision`.
    pub fn new(vcs: Box<dyn Vcs>, head: &str, revision: &str) -> Self {
        Self {
            vcs,
            head: head.to_owned(),
            revision: revision.to_owned(),
        }
    }

    /// The revision that the repository itself has in place of this one.
    fn own<'r>(&'r self, revision: &'r str) -> &'r str {
        match revision == self.revision {
            true => &self.head,
            false => revision,
        }
    }

    /// The revision that stands for one of the repository.
    fn outer(&self, revision: String) -> String {
        match revision == self.head {
            true => self.revision.clone(),
            false => revision,
        }
    }

    fn own_change<'r>(&'r self, change: &Change<'r>) -> Change<'r> {
        match change {
            Change::WorkingCopy => Change::WorkingCopy,
            Change::Range { base, rev } => Change::Range {
                base: base.map(|base| self.own(base)),
                rev: self.own(rev),
            },
        }
    }
}

impl Contents for Pushed {
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        self.vcs.file_at(self.own(revision), path, limit)
    }

    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError> {
        self.vcs.files_at(self.own(revision), folder)
    }

    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        let tip = self.vcs.branch_tip(branch)?;
        Ok(tip.map(|tip| self.outer(tip)))
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        let target = self.vcs.tag_target(tag)?;
        Ok(target.map(|target| self.outer(target)))
    }
}

impl Vcs for Pushed {
    fn tool(&self) -> Tool {
        self.vcs.tool()
    }

    fn root(&self) -> &Path {
        self.vcs.root()
    }

    fn head_rev(&self) -> Result<String, VcsError> {
        self.vcs.head_rev().map(|head| self.outer(head))
    }

    fn branch(&self) -> Result<Option<String>, VcsError> {
        self.vcs.branch()
    }

    fn remote_url(&self) -> Result<Option<String>, VcsError> {
        self.vcs.remote_url()
    }

    fn resolve(&self, revision: &str) -> Result<String, VcsError> {
        let resolved = self.vcs.resolve(self.own(revision))?;
        Ok(self.outer(resolved))
    }

    fn base_rev(&self) -> Result<Option<String>, VcsError> {
        let base = self.vcs.base_rev()?;
        Ok(base.map(|base| self.outer(base)))
    }

    fn check_out(&self, revision: &str, folder: &Path) -> Result<(), VcsError> {
        self.vcs.check_out(self.own(revision), folder)
    }

    fn remove_check_out(&self, folder: &Path) -> Result<(), VcsError> {
        self.vcs.remove_check_out(folder)
    }

    fn commit_message(&self) -> Result<String, VcsError> {
        self.vcs.commit_message()
    }

    fn missing_base(&self, change: &Change<'_>) -> Result<Option<String>, VcsError> {
        self.vcs.missing_base(&self.own_change(change))
    }

    fn fetch(&self, revision: &str, remote: &str) -> Result<String, VcsError> {
        match revision == self.revision {
            true => Ok(self.revision.clone()),
            false => self.vcs.fetch(revision, remote),
        }
    }

    fn changed_files(&self, change: &Change<'_>) -> Result<Vec<String>, VcsError> {
        self.vcs.changed_files(&self.own_change(change))
    }

    fn tracked_files(&self, paths: &[&str]) -> Result<Vec<String>, VcsError> {
        self.vcs.tracked_files(paths)
    }

    fn tracks_link(&self, path: &Path) -> Result<bool, VcsError> {
        self.vcs.tracks_link(path)
    }

    fn snapshot(&self) -> Result<Snapshot, VcsError> {
        self.vcs.snapshot()
    }

    fn repository_state(&self) -> Result<String, VcsError> {
        self.vcs.repository_state()
    }

    fn tracked_state(&self) -> Result<String, VcsError> {
        self.vcs.tracked_state()
    }

    fn note(&self, note_ref: &str, remote: &str) -> Result<Option<String>, VcsError> {
        self.vcs.note(note_ref, remote)
    }
}
