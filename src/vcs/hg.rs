//! Mercurial repositories.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::file_names;
use super::program::{Ended, Program};
use super::revision::{check, invalid_revision, is_null, is_path};
use crate::base::value::Value;
use crate::ports::environment::Environment;
use crate::ports::snapshot::Snapshot;
use crate::ports::vcs::{Change, Contents, Tool, Vcs, VcsError};

/// With detailed exit codes, a missing revision can be distinguished from a failure.
pub(super) static FIRST: &[&str] = &["--noninteractive", "--config=ui.detailed-exit-code=true"];

/// The exit code for an input error, e.g. an unknown revision.
pub(super) const INPUT_ERROR: i32 = 10;

/// The files of a changeset: added, removed, modified. Names cannot have line breaks.
const FILES: &str = r"{file_adds % '{file}\n'}{file_dels % '{file}\n'}{file_mods % '{file}\n'}";

/// The remote that a clone has by default.
const DEFAULT_REMOTE: &str = "default";

/// A Mercurial working copy.
#[derive(Debug, Clone)]
pub struct Hg(Program);

impl Hg {
    /// The working copy whose root is `root`.
    #[must_use]
    pub fn new(root: &Path, environment: &Environment) -> Self {
        Self(Program::new("hg", FIRST, root, environment))
    }

    fn log(&self, revset: &str, template: &str) -> Result<String, VcsError> {
        self.end_log(revset, template)?.success()
    }

    fn end_log(&self, revset: &str, template: &str) -> Result<Ended, VcsError> {
        self.0
            .end(&["log", &format!("--rev={revset}"), "--template", template])
    }
}

/// A revision in a revset; as a text in quotes it is nothing but a name.
fn quoted(revision: &str) -> Result<String, VcsError> {
    check("the revision", revision)?;
    if revision.contains(['"', '\\']) {
        return Err(invalid_revision(
            "the revision",
            revision,
            "it contains a quote or a backslash",
        ));
    }
    Ok(format!("\"{revision}\""))
}

impl Hg {
    /// The hash of the one revision that a revset names; `None` if it names none.
    fn present(&self, revset: &str) -> Result<Option<String>, VcsError> {
        let found = self.log(&format!("present({revset})"), "{node}\n")?;
        Ok(found.lines().next().map(str::to_owned))
    }
}

impl Contents for Hg {
    /// The list shows size and kind, so that nothing large is printed.
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        let hash = self.resolve(&quoted(revision)?)?;
        if !is_path(path) {
            return Ok(None);
        }
        let (rev, named) = (format!("--rev={hash}"), format!("path:{path}"));
        let list = [
            "files",
            &rev,
            "--template={size} {flags} {path}\n",
            "--",
            &named,
        ];
        let ended = self.0.end(&list)?;
        if ended.code == Some(1) {
            return Ok(None);
        }
        let listed = ended.success()?;
        // A folder has files, and a link has the flag `l`.
        let parts = listed.lines().next().unwrap_or_default().splitn(3, ' ');
        let [size, flags, own] = parts.collect::<Vec<_>>()[..] else {
            return Ok(None);
        };
        if own != path || flags.contains('l') {
            return Ok(None);
        }
        if size.parse().is_ok_and(|size: u64| size > limit) {
            let path = path.to_owned();
            return Err(VcsError::TooLarge { path, limit });
        }
        let ended = self.0.end(&["cat", &rev, "--", &named])?;
        match ended.code {
            Some(1) => Ok(None),
            _ => ended.success_bytes().map(Some),
        }
    }

    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError> {
        let hash = self.resolve(&quoted(revision)?)?;
        if !is_path(folder) {
            return Ok(Vec::new());
        }
        let (rev, named) = (format!("--rev={hash}"), format!("path:{folder}"));
        let ended = self
            .0
            .end(&["files", &rev, "--template={flags} {path}\n", "--", &named])?;
        if ended.code == Some(1) {
            return Ok(Vec::new());
        }
        let listed = ended.success()?;
        let below = format!("{folder}/");
        let files = listed.lines().filter_map(|line| {
            let (flags, path) = line.split_once(' ')?;
            (!flags.contains('l') && path.starts_with(&below)).then(|| path.to_owned())
        });
        let mut files: Vec<String> = files.collect();
        files.sort_unstable();
        Ok(files)
    }

    /// A branch is a bookmark or a named branch.
    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        let name = literal(branch)?;
        match self.present(&format!("bookmark({name})"))? {
            Some(hash) => Ok(Some(hash)),
            None => self.present(&format!("max(branch({name}))")),
        }
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        self.present(&format!("tag({})", literal(tag)?))
    }
}

/// A name in a revset that is not a pattern.
fn literal(name: &str) -> Result<String, VcsError> {
    check("the name", name)?;
    quoted(&format!("literal:{name}"))
}

impl Vcs for Hg {
    fn tool(&self) -> Tool {
        Tool::Hg
    }

    fn root(&self) -> &Path {
        self.0.root()
    }

    fn snapshot(&self) -> Result<Snapshot, VcsError> {
        Err(VcsError::Unsupported("Mercurial"))
    }

    fn repository_state(&self) -> Result<String, VcsError> {
        Err(VcsError::Unsupported("Mercurial"))
    }

    fn tracked_state(&self) -> Result<String, VcsError> {
        Err(VcsError::Unsupported("Mercurial"))
    }

    fn head_rev(&self) -> Result<String, VcsError> {
        Ok(self.log(".", "{node}")?.trim().to_owned())
    }

    /// The active bookmark; named branches do not count.
    fn branch(&self) -> Result<Option<String>, VcsError> {
        let name = self.log(".", "{activebookmark}")?;
        let name = name.trim();
        Ok((!name.is_empty()).then(|| name.to_owned()))
    }

    fn remote_url(&self) -> Result<Option<String>, VcsError> {
        let output = self.0.run(&["paths", "--template", "json"])?;
        let paths: Vec<Value> =
            serde_json::from_str(&output).map_err(|error| VcsError::Unreadable {
                path: "the output of `hg paths`".to_owned(),
                why: error.to_string(),
            })?;
        let remotes: Vec<(&str, &str)> = paths
            .iter()
            .filter_map(|path| Some((path.get("name")?.as_str()?, path.get("url")?.as_str()?)))
            .collect();
        let default = remotes.iter().find(|(name, _)| *name == DEFAULT_REMOTE);
        let chosen = default.or(remotes.first());
        Ok(chosen.map(|(_, url)| (*url).to_owned()))
    }

    /// The revision may be a revset of one revision, e.g. `.~1`.
    fn resolve(&self, revision: &str) -> Result<String, VcsError> {
        check("the revision", revision)?;
        let output = self.end_log(revision, "{node}\n")?;
        if output.code == Some(INPUT_ERROR) {
            return Err(VcsError::NoRevision(revision.to_owned()));
        }
        let output = output.success()?;
        match output.lines().collect::<Vec<_>>().as_slice() {
            [one] => Ok((*one).to_owned()),
            _ => Err(invalid_revision(
                "the revision",
                revision,
                "it does not match exactly one revision",
            )),
        }
    }

    /// The last public ancestor.
    fn base_rev(&self) -> Result<Option<String>, VcsError> {
        let output = self.log("last(ancestors(.) and public())", "{node}")?;
        Ok(Some(output.trim().to_owned()).filter(|hash| !hash.is_empty()))
    }

    /// A working copy that shares the store.
    fn check_out(&self, revision: &str, folder: &Path) -> Result<(), VcsError> {
        let hash = self.resolve(revision)?;
        let share = ["--config=extensions.share=", "share", "--noupdate", "--"].map(OsStr::new);
        let places = [self.root().as_os_str(), folder.as_os_str()];
        self.0
            .run(&share.into_iter().chain(places).collect::<Vec<_>>())?;
        let at = [OsStr::new("--repository"), folder.as_os_str()];
        let revision = format!("--rev={hash}");
        let update = ["--config=hooks.update=", "update", "--quiet", &revision].map(OsStr::new);
        self.0
            .run(&at.into_iter().chain(update).collect::<Vec<_>>())?;
        Ok(())
    }

    fn remove_check_out(&self, folder: &Path) -> Result<(), VcsError> {
        std::fs::remove_dir_all(folder).map_err(|error| {
            let folder = folder.display().to_string();
            VcsError::NotRemoved {
                folder,
                why: error.to_string(),
            }
        })
    }

    fn commit_message(&self) -> Result<String, VcsError> {
        self.log(".", "{desc}")
    }

    fn missing_base(&self, change: &Change<'_>) -> Result<Option<String>, VcsError> {
        let Change::Range {
            base: Some(base), ..
        } = change
        else {
            return Ok(None);
        };
        if base.is_empty() || is_null(base) {
            return Ok(None);
        }
        let found = self.log(&format!("present({})", quoted(base)?), "{node}")?;
        Ok(found.is_empty().then(|| (*base).to_owned()))
    }

    /// The working copy is left unchanged. hg may move bookmarks that the remote has too; a
    /// decision uses none.
    fn fetch(&self, revision: &str, remote: &str) -> Result<String, VcsError> {
        check("the revision", revision)?;
        check("the remote", remote)?;
        let rev = format!("--rev={revision}");
        self.0
            .run(&["--config=http.timeout=60", "pull", &rev, "--", remote])?;
        self.resolve(&quoted(revision)?)
    }

    /// Between revisions, a file is listed once for each changeset that touches it, the earliest
    /// first. An empty base is none; a null base precedes all changesets.
    fn changed_files(&self, change: &Change<'_>) -> Result<Vec<String>, VcsError> {
        let (base, rev) = match change {
            Change::WorkingCopy => {
                let status = ["status", "--no-status", "--print0", "--added", "--modified"];
                return Ok(file_names::parse(&self.0.run_bytes(&status)?, 0));
            }
            Change::Range { base, rev } => (base.filter(|base| !base.is_empty()), rev),
        };
        let head = quoted(rev)?;
        let revset = match base {
            Some(base) => format!("{head} % {}", quoted(base)?),
            None => head,
        };
        let output = self.end_log(&revset, FILES)?;
        if output.code == Some(INPUT_ERROR) {
            return Err(VcsError::NoRevision((*rev).to_owned()));
        }
        Ok(file_names::parse(&output.success_bytes()?, b'\n'))
    }

    fn tracked_files(&self, paths: &[&str]) -> Result<Vec<String>, VcsError> {
        let mut arguments: Vec<String> = ["files", "--rev=.", "--print0", "--"]
            .map(str::to_owned)
            .into();
        arguments.extend(paths.iter().map(|path| format!("path:{path}")));
        let ended = self.0.end(&arguments)?;
        // There is none.
        if ended.code == Some(1) {
            return Ok(Vec::new());
        }
        Ok(file_names::parse(&ended.success_bytes()?, 0))
    }

    fn tracks_link(&self, path: &Path) -> Result<bool, VcsError> {
        let mut pattern = OsString::from("path:");
        pattern.push(path);
        let command = ["files", "--rev=.", "--template={flags} {path}\n", "--"];
        let arguments = command.map(OsStr::new);
        let all: Vec<_> = arguments.into_iter().chain([pattern.as_os_str()]).collect();
        let ended = self.0.end(&all)?;
        if ended.code == Some(1) {
            return Ok(false);
        }
        let depth = path.components().count();
        let output = ended.success()?;
        Ok(output
            .lines()
            .any(|line| line.starts_with("l ") && line.split('/').count() == depth))
    }

    fn note(&self, _note_ref: &str, _remote: &str) -> Result<Option<String>, VcsError> {
        Ok(None)
    }
}
