//! The arguments of tasks that run a script of update verification.
//!
//! The tasks run ordinary workers, so what they are to do is in their commands: a list of words, the last of
//! which often is a line for the shell.

use std::collections::BTreeMap;

use crate::base::value::Value;

/// The arguments of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Those without a name, in their order.
    pub plain: Vec<String>,
    named: BTreeMap<String, Vec<String>>,
}

impl Arguments {
    /// The arguments of a script in the command of a payload, which ends at the next command of the line;
    /// `None` if the command does not run the script.
    #[must_use]
    pub fn of(payload: &Value, script: &str) -> Option<Self> {
        let mut all = Vec::new();
        collect(&payload["command"], &mut all, 0);
        let at = all.iter().position(|word| posix_name(word) == script)?;
        let words = all.get(at + 1..).unwrap_or_default();
        let end = words.iter().position(|word| ENDS.contains(&word.as_str()));
        let mut words = words.get(..end.unwrap_or(words.len()))?.iter();
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                arguments.plain.push(word.clone());
                continue;
            };
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => (name, words.next().cloned().unwrap_or_default()),
            };
            let values = arguments.named.entry(name.to_owned()).or_default();
            values.push(value);
        }
        Some(arguments)
    }

    /// Every value of an argument.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        self.named.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The last value of an argument.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last().map(String::as_str)
    }
}

/// The words of a line for the shell that end a command.
const ENDS: [&str; 4] = ["&&", "||", ";", "|"];

/// How deep the lists of a command may be.
const DEPTH: usize = 4;

/// The words of a command, and those of the lines in it.
fn collect(command: &Value, into: &mut Vec<String>, depth: usize) {
    if let Some(line) = command.as_str() {
        into.extend(split(line));
    }
    if depth < DEPTH {
        for item in command.as_array().into_iter().flatten() {
            collect(item, into, depth + 1);
        }
    }
}

fn posix_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Divides a line into words as the shell does, without expanding anything: quotes group, and a backslash
/// takes the next sign as it is. Quotes that are not closed end with the line.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        if sign.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match sign {
            '\'' => word.extend(signs.by_ref().take_while(|sign| *sign != '\'')),
            '"' => {
                while let Some(inner) = signs.next().filter(|sign| *sign != '"') {
                    match inner {
                        '\\' => match signs.next() {
                            Some(escaped @ ('"' | '\\' | '$' | '`')) => word.push(escaped),
                            Some(other) => word.extend(['\\', other]),
                            None => word.push('\\'),
                        },
                        _ => word.push(inner),
                    }
                }
            }
            '\\' => word.extend(signs.next()),
            _ => word.push(sign),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn arguments_are_found_in_a_line_for_the_shell() {
        let line = r#"cd /builds && ./mach python a/creator.py --product firefox --partial-version 1.0 --include-version '^\d+$' --partial-version=2.0 a\ b "c \"d\"" && echo --product no"#;
        let payload = json!({"command": ["run-task", "--", "bash", "-cx", line]});
        let found = Arguments::of(&payload, "creator.py").unwrap();
        assert_eq!(found.last("product"), Some("firefox"));
        assert_eq!(found.all("partial-version"), ["1.0", "2.0"]);
        assert_eq!(found.last("include-version"), Some(r"^\d+$"));
        assert_eq!(found.plain, ["a b", "c \"d\""]);
        assert_eq!(found.last("other"), None);
        assert_eq!(Arguments::of(&payload, "other.py"), None);
        assert_eq!(Arguments::of(&json!({}), "creator.py"), None);
    }

    #[test]
    fn odd_quotes_end_with_the_line() {
        for line in ["x 'a b", "x \"a b", "x a\\", "x \"a\\"] {
            assert!(split(line).len() >= 2, "{line}");
        }
        assert_eq!(split("a ''  b"), ["a", "", "b"]);
    }
}
