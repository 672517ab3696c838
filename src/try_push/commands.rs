//! The commands that commit and push a change.

use crate::ports::vcs::Tool;

/// Stands for the repository if the project does not name one.
pub const UNKNOWN: &str = "REPOSITORY";

/// A change to commit and push.
#[derive(Debug, Clone, Copy)]
pub struct Push<'a> {
    /// The version control system.
    pub tool: Tool,
    /// The files that change.
    pub files: &'a [&'a str],
    /// The message of the commit.
    pub message: &'a str,
    /// The repository; `None` if it is not known.
    pub repository: Option<&'a str>,
    /// The ref in a git repository.
    pub reference: &'a str,
}

impl Push<'_> {
    /// The lines to type in a shell at the root of the repository.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let files: Vec<String> = self.files.iter().map(|file| quote(file)).collect();
        let files = files.join(" ");
        let message = quote(self.message);
        let repository = self.repository.map_or_else(|| UNKNOWN.to_owned(), quote);
        match self.tool {
            Tool::Git => vec![
                format!("git add -- {files}"),
                format!("git commit --message {message}"),
                format!(
                    "git push {repository} {}",
                    quote(&format!("HEAD:{}", self.reference))
                ),
            ],
            Tool::Hg => vec![
                format!("hg commit --addremove --message {message} -- {files}"),
                format!("hg push --rev . --force {repository}"),
            ],
        }
    }
}

/// A word as a shell reads it.
fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_if_a_shell_would_read_them_otherwise() {
        assert_eq!(
            quote("HEAD:refs/heads/try/94.0b1"),
            "HEAD:refs/heads/try/94.0b1"
        );
        assert_eq!(quote("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quote(""), "''");
    }
}
