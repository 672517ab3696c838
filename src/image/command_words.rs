//! The words of a task's command line, with the options of `run-task`.

/// The words of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandWords(pub Vec<String>);

impl CommandWords {
    /// Whether the command is `run-task`.
    #[must_use]
    pub fn is_run_task(&self) -> bool {
        self.0.first().is_some_and(|word| {
            ["run-task", "run-task-git", "run-task-hg"]
                .iter()
                .any(|name| word.ends_with(name))
        })
    }

    /// The value of an option: the next word, or the text after `=`.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.0.iter().enumerate().find_map(|(i, word)| {
            if word == name {
                self.0.get(i + 1).map(String::as_str)
            } else {
                word.strip_prefix(name)?.strip_prefix('=')
            }
        })
    }

    /// Removes an option with its value.
    pub fn remove(&mut self, name: &str) {
        let with_value = format!("{name}=");
        if let Some(i) = self.0.iter().position(|word| word == name) {
            let end = (i + 2).min(self.0.len());
            self.0.drain(i..end);
        } else if let Some(i) = self.0.iter().position(|word| word.starts_with(&with_value)) {
            self.0.remove(i);
        }
    }

    /// Removes an option that has no value.
    pub fn remove_flag(&mut self, name: &str) {
        if let Some(i) = self.0.iter().position(|word| word == name) {
            self.0.remove(i);
        }
    }

    /// Replaces the words after `--`, and returns the previous ones.
    pub fn replace_payload(&mut self, with: &[&str]) -> Option<Vec<String>> {
        let at = self.0.iter().position(|word| word == "--")? + 1;
        let payload = self.0.split_off(at);
        self.0.extend(with.iter().map(|word| (*word).to_owned()));
        Some(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> CommandWords {
        CommandWords(text.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn single_options_are_found_and_removed() {
        let mut command = words("/bin/run-task --ci-checkout=/src --task-cwd /src -- make --all");
        assert!(command.is_run_task() && !words("bash run-task").is_run_task());
        assert_eq!(command.option("--ci-checkout"), Some("/src"));
        assert_eq!(command.option("--task-cwd"), Some("/src"));
        assert_eq!(command.option("--task"), None);
        command.remove("--ci-checkout");
        command.remove("--task-cwd");
        command.remove("--none");
        assert_eq!(command, words("/bin/run-task -- make --all"));
        let mut flagged = words("run-task --ci-shallow-clone --task-cwd /src");
        flagged.remove_flag("--ci-shallow-clone");
        assert_eq!(flagged, words("run-task --task-cwd /src"));
        let payload = command.replace_payload(&["echo", "done"]);
        assert_eq!(payload, Some(words("make --all").0));
        assert_eq!(command, words("/bin/run-task -- echo done"));
    }
}
