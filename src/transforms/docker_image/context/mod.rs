//! Docker contexts: the inputs of an image, as a tar file that is the same on every machine.
//!
//! A context is a folder with a `Dockerfile`. Lines that start like this are directives:
//!
//! - `# %ARG NAME`: in the lines below, `$NAME` is replaced with the value of that argument. The line
//!   itself is removed.
//! - `# %include path`: the file, or all files of the folder, at that path from the root of the
//!   repository is added below `topsrcdir/`. Arguments in the path are replaced too.
//! - `# %include-run-task`: the scripts that tasks run with are added below `run-task/`, and lines that
//!   copy them to their default paths follow.
//!
//! Every file below the folder is in the context, tracked or not; links to folders are not followed
//! and `__pycache__` is ignored. The hash of the context is the SHA-256 of the tar file, which
//! holds the mode of each file and neither times nor owners ([`tar`]).

pub mod tar;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place, SourceFile};
use crate::base::digest::hex;
use crate::base::file_name;
use crate::base::suggest;
use crate::base::value::{Object, py_str};
use crate::ports::files::{FileError, Files, normalize};
use crate::task_scripts::{self, Script, TaskScripts};

/// The mode of a generated file.
const MADE: u32 = 0o644;

/// The setuid and setgid bits. Root unpacks the archive, so they would give root privileges.
const SET_ID: u32 = 0o6000;

/// The lines that follow `# %include-run-task`.
const COPY_RUN_TASK: &str = "\
COPY run-task/run-task /usr/local/bin/run-task
COPY run-task/fetch-content /usr/local/bin/fetch-content
COPY run-task/robustcheckout.py /usr/local/mercurial/robustcheckout.py
COPY run-task/hgrc /etc/mercurial/hgrc.d/mozilla.rc
";

/// The inputs of an image.
#[derive(Debug, Clone)]
pub struct DockerContext {
    entries: BTreeMap<ArchivePath, Entry>,
}

/// The path of a file in the archive.
///
/// Files are in the order in which Python sorts their names. In Python, a byte that is not UTF-8 is
/// a surrogate, which sorts before U+E000.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ArchivePath {
    order: Vec<u32>,
    path: String,
}

impl ArchivePath {
    fn new(path: String) -> Self {
        const SURROGATES: u32 = 0xdc00;
        let mut order = Vec::with_capacity(path.len());
        for chunk in file_name::bytes(&path).utf8_chunks() {
            order.extend(chunk.valid().chars().map(u32::from));
            order.extend(
                chunk
                    .invalid()
                    .iter()
                    .map(|byte| SURROGATES + u32::from(*byte)),
            );
        }
        Self { order, path }
    }
}

/// One file of a context.
#[derive(Debug, Clone)]
enum Entry {
    /// A file of the repository.
    File { path: String, mode: u32 },
    /// A generated text.
    Text(String),
    /// A script that tasks run with.
    Script(Script),
}

impl DockerContext {
    /// Collects the files of the context in `folder`.
    ///
    /// # Errors
    /// Everything that is wrong with the folder and its `Dockerfile`.
    pub fn collect(
        files: &dyn Files,
        folder: &str,
        arguments: &Object,
        task_scripts: &TaskScripts,
    ) -> Outcome<Self> {
        let dockerfile = format!("{folder}/Dockerfile");
        let bytes = files.read(&dockerfile).map_err(|error| match error {
            FileError::Missing(_) => Diagnostic::user(format!("`{dockerfile}` does not exist"))
                .help("create it, or set `definition` if the folder is not named after the image"),
            other => other.into(),
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Diagnostic::user(format!("`{dockerfile}` is not valid UTF-8")))?;
        let mut context = Self {
            entries: BTreeMap::new(),
        };
        let mut wrong = Diagnostics::new();
        wrong.keep(context.add_folder(files, folder, ""));
        // As Python reads texts.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let source = Arc::new(SourceFile {
            name: dockerfile,
            text: text.clone(),
        });
        let mut content = String::new();
        let mut known = Vec::new();
        for (i, line) in text.split_inclusive('\n').enumerate() {
            let at = |diagnostic: Diagnostic| {
                diagnostic.at(Some(Place {
                    source: Arc::clone(&source),
                    line: i + 1,
                    column: 1,
                }))
            };
            if let Some(rest) = line.strip_prefix("# %ARG") {
                let argument = argument(rest, arguments).map_err(|error| at(error).into());
                known.extend(wrong.keep(argument));
                continue;
            }
            let line = known.iter().fold(line.to_owned(), |line, (name, value)| {
                replace_argument(&line, name, value)
            });
            content.push_str(&line);
            let Some(rest) = line.strip_prefix("# %include") else {
                continue;
            };
            if rest.trim_end() == "-run-task" {
                wrong.keep(
                    context
                        .add_scripts(task_scripts)
                        .map_err(|error| at(error).into()),
                );
                if !content.ends_with('\n') {
                    content.push('\n');
                }
                content.push_str(COPY_RUN_TASK);
            } else {
                let included = context.include(files, rest);
                wrong.keep(included.map_err(|errors| errors.map(at)));
            }
        }
        context
            .entries
            .insert(dockerfile_name(), Entry::Text(content));
        if let Some(odd) = file_name::quoted_of(context.paths()) {
            tracing::warn!(
                "the docker context {folder} contains file names that are not valid UTF-8, \
                 quoted here as by git: {odd}"
            );
        }
        wrong.extend(context.set_id());
        wrong.or_ok(context)
    }

    /// Adds the files of an include line; `rest` is the text after `# %include`.
    fn include(&mut self, files: &dyn Files, rest: &str) -> Outcome<()> {
        if rest.starts_with(|c: char| !c.is_whitespace()) {
            let word = rest.split_whitespace().next().unwrap_or_default();
            return Err(
                Diagnostic::user(format!("unknown directive `# %include{word}`"))
                    .help("use `# %include <path>` or `# %include-run-task`")
                    .into(),
            );
        }
        let path = rest.trim();
        let wrong = |error: FileError| {
            Diagnostic::from(error).help("use a path inside the repository, relative to its root")
        };
        let real = normalize(path).map_err(wrong)?;
        let archived = file_name::join("topsrcdir", path);
        if real.is_empty() || files.is_folder(&real).map_err(wrong)? {
            let real = if real.is_empty() { "." } else { &real };
            return self.add_folder(files, real, &archived);
        }
        let mode = files.mode(&real).map_err(wrong)?;
        let file = Entry::File { path: real, mode };
        self.entries.insert(ArchivePath::new(archived), file);
        Ok(())
    }

    /// Adds the scripts that tasks run with.
    fn add_scripts(&mut self, task_scripts: &TaskScripts) -> Result<(), Diagnostic> {
        let all = task_scripts.all().map_err(|missing| {
            Diagnostic::user(format!(
                "cannot find the files for `# %include-run-task`: {}",
                missing.join(", ")
            ))
            .help(task_scripts::HELP)
        })?;
        self.entries.extend(all.into_iter().map(|(name, script)| {
            let archived = ArchivePath::new(format!("run-task/{name}"));
            (archived, Entry::Script(script.clone()))
        }));
        Ok(())
    }

    /// Adds every file below a folder, under `prefix` in the archive.
    fn add_folder(&mut self, files: &dyn Files, folder: &str, prefix: &str) -> Outcome<()> {
        let found = files.walk(folder).map_err(Diagnostic::from)?;
        self.entries.extend(found.into_iter().map(|file| {
            let path = file_name::join(folder, &file.path);
            let archived = ArchivePath::new(file_name::join(prefix, &file.path));
            let mode = file.mode;
            (archived, Entry::File { path, mode })
        }));
        Ok(())
    }

    /// Every file with the setuid or setgid bit.
    fn set_id(&self) -> Diagnostics {
        let mut wrong = Diagnostics::new();
        for entry in self.entries.values() {
            if let Entry::File { path, mode } = entry
                && mode & SET_ID != 0
            {
                wrong.push(
                    Diagnostic::user(format!(
                        "`{path}` has the setuid or setgid bit set (mode {:o}), which is not allowed in a docker context",
                        mode & 0o7777
                    ))
                    .help(format!("run `chmod ug-s {path}`")),
                );
            }
        }
        wrong
    }

    /// The paths in the context, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|archived| archived.path.as_str())
    }

    /// The `Dockerfile` after processing of the directives.
    #[must_use]
    pub fn dockerfile(&self) -> &str {
        match self.entries.get(&dockerfile_name()) {
            Some(Entry::Text(text)) => text,
            _ => "",
        }
    }

    /// Writes the tar file in pieces.
    ///
    /// # Errors
    /// If a file cannot be read, or is too large for the format.
    pub fn write(&self, files: &dyn Files, out: &mut dyn FnMut(&[u8])) -> Result<(), Diagnostic> {
        let mut writer = tar::Writer::new(out);
        for (archived, entry) in &self.entries {
            let name = &*file_name::bytes(&archived.path);
            let added = match entry {
                Entry::Text(text) => writer.add(name, MADE, text.as_bytes()),
                Entry::File { path, mode } => {
                    let content = files.read(path).map_err(Diagnostic::from)?;
                    writer.add(name, *mode, &content)
                }
                Entry::Script(Script { mode, content }) => {
                    writer.add(name, mode & !SET_ID, content)
                }
            };
            added.map_err(|error| Diagnostic::user(error.to_string()))?;
        }
        writer.finish();
        Ok(())
    }

    /// The hash of the context: the SHA-256 of its tar file, in hex.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn hash(&self, files: &dyn Files) -> Result<String, Diagnostic> {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        self.write(files, &mut |bytes| hasher.update(bytes))?;
        Ok(hex(&hasher.finalize()))
    }

    /// The hash of the context, and its tar file, gzipped under the name `<name>.tar`.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn tar_gz(&self, files: &dyn Files, name: &str) -> Result<(String, Vec<u8>), Diagnostic> {
        use sha2::{Digest, Sha256};
        let mut hasher = Sha256::new();
        let mut zipper = tar::Zipper::new(&format!("{name}.tar"));
        self.write(files, &mut |bytes| {
            hasher.update(bytes);
            zipper.write(bytes);
        })?;
        let zipped = zipper.finish().map_err(|error| {
            Diagnostic::bug(format!("cannot compress the docker context: {error}"))
        })?;
        Ok((hex(&hasher.finalize()), zipped))
    }
}

fn dockerfile_name() -> ArchivePath {
    ArchivePath::new("Dockerfile".to_owned())
}

/// The name and the value of an argument; `rest` is the text after `# %ARG`.
fn argument(rest: &str, arguments: &Object) -> Result<(String, String), Diagnostic> {
    let name = rest.trim();
    match arguments.get(name) {
        Some(value) if rest.starts_with(char::is_whitespace) => {
            Ok((name.to_owned(), py_str(value)))
        }
        _ => {
            let message = format!("`args` of the image does not contain `{name}`");
            let near = suggest::nearest(name, arguments.keys().map(|key| key.as_str()));
            let help = near.map_or_else(
                || "add it to `args` of the image, or remove this line".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Diagnostic::user(message).help(help))
        }
    }
}

/// Replaces `$NAME` with the value of an argument, if the name ends there.
fn replace_argument(line: &str, name: &str, value: &str) -> String {
    let sought = format!("${name}");
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let ends_in_word = sought.ends_with(word);
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(&sought) {
        let after = &rest[at + sought.len()..];
        out.push_str(&rest[..at]);
        if after.starts_with(word) == ends_in_word {
            out.push('$');
            rest = &rest[at + 1..];
        } else {
            out.push_str(value);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
