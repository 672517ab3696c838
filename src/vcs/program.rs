//! Runs a program in a repository.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::base::text::shorten;
use crate::ports::environment::Environment;
use crate::ports::vcs::VcsError;

/// How many characters of what a program says are kept.
const LONGEST: usize = 2_000;

/// Variables of the user's that programs get although their prefix is left out.
static KEPT: &[&str] = &[
    "GIT_EXEC_PATH",
    "GIT_PROXY_COMMAND",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "HGRCPATH",
];
/// The same, for whole groups.
static KEPT_GROUPS: &[&str] = &["GIT_CONFIG", "GIT_HTTP_", "GIT_SSL_"];
/// Variables that point programs elsewhere, change their output, or are secret.
static LEFT_OUT: &[&str] = &["GIT_", "HG", "LC_", "LANG", "TASKCLUSTER_"];
/// Variables that programs get unless the user sets them: give up on a remote that no longer
/// answers.
static DEFAULTS: &[(&str, &str)] = &[
    ("GIT_HTTP_LOW_SPEED_LIMIT", "1"),
    ("GIT_HTTP_LOW_SPEED_TIME", "300"),
];
/// What programs get in any case.
static SET: &[(&str, &str)] = &[
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("HGENCODING", "UTF-8"),
    ("HGPLAIN", "1"),
    ("LC_ALL", "C"),
];

/// A program and where it runs.
#[derive(Debug, Clone)]
pub(super) struct Program {
    name: &'static str,
    /// The arguments before all others.
    first: &'static [&'static str],
    root: PathBuf,
    variables: BTreeMap<String, String>,
}

/// How a program ended.
pub(super) struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub(super) code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
    command: String,
}

impl Program {
    pub(super) fn new(
        name: &'static str,
        first: &'static [&'static str],
        root: &Path,
        environment: &Environment,
    ) -> Self {
        Self {
            name,
            first,
            root: root.to_owned(),
            variables: variables(environment),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What the program writes when it succeeds.
    pub(super) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, VcsError> {
        self.end(arguments)?.success()
    }

    /// The same as bytes: file names may be in any encoding.
    pub(super) fn run_bytes<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<u8>, VcsError> {
        self.end(arguments)?.success_bytes()
    }

    /// Runs the program to its end.
    pub(super) fn end<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Ended, VcsError> {
        let words = arguments.iter().map(|a| a.as_ref().to_string_lossy());
        let command = std::iter::once(self.name.into())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ");
        let output = Command::new(self.name)
            .args(self.first)
            .args(arguments)
            .current_dir(&self.root)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| VcsError::NotStarted {
                program: self.name.to_owned(),
                why: error.to_string(),
                missing: error.kind() == std::io::ErrorKind::NotFound && self.root.is_dir(),
            })?;
        Ok(Ended {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: shorten(
                without_secrets(&String::from_utf8_lossy(&output.stderr)).trim(),
                LONGEST,
            ),
            command: without_secrets(&command),
        })
    }
}

impl Ended {
    /// What the program wrote, when it succeeded.
    pub(super) fn success(self) -> Result<String, VcsError> {
        let command = self.command.clone();
        String::from_utf8(self.success_bytes()?).map_err(|_| VcsError::NotUtf8(command))
    }

    /// The same as bytes.
    pub(super) fn success_bytes(self) -> Result<Vec<u8>, VcsError> {
        if self.code == Some(0) {
            Ok(self.stdout)
        } else {
            Err(VcsError::Failed {
                command: self.command,
                code: self.code,
                stderr: self.stderr,
            })
        }
    }
}

fn variables(environment: &Environment) -> BTreeMap<String, String> {
    let users = environment.iter().filter(|(name, _)| {
        let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
        KEPT.contains(name) || begins(KEPT_GROUPS) || !begins(LEFT_OUT)
    });
    let defaults = DEFAULTS.iter().copied();
    defaults
        .chain(users)
        .chain(SET.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Leaves names and passwords out of URLs.
fn without_secrets(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c.is_whitespace() || c == '\'' || c == '"')
            .unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(sign) => {
                out.push('…');
                &after[sign..]
            }
            None => after,
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misleading_variables_are_removed() {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let environment = Environment::new(
            [
                ("PATH", "/bin"),
                ("GIT_DIR", "/elsewhere"),
                ("GIT_CONFIG_COUNT", "1"),
                ("GIT_SSH_COMMAND", "ssh -i key"),
                ("HGPLAINEXCEPT", "i18n"),
                ("HGRCPATH", "/rc"),
                ("LANGUAGE", "de"),
                ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
            ]
            .map(owned),
        );
        let names: Vec<_> = variables(&environment).into_keys().collect();
        assert_eq!(
            names,
            [
                "GIT_CONFIG_COUNT",
                "GIT_HTTP_LOW_SPEED_LIMIT",
                "GIT_HTTP_LOW_SPEED_TIME",
                "GIT_OPTIONAL_LOCKS",
                "GIT_SSH_COMMAND",
                "GIT_TERMINAL_PROMPT",
                "HGENCODING",
                "HGPLAIN",
                "HGRCPATH",
                "LC_ALL",
                "PATH"
            ]
        );
    }

    #[test]
    fn passwords_in_urls_are_removed() {
        assert_eq!(
            without_secrets("git fetch https://me:pass@x.example/a 'ssh://me@y/b' https://z/@c"),
            "git fetch https://…@x.example/a 'ssh://…@y/b' https://z/@c"
        );
    }
}
