//! The arguments of tasks that run a script of update verification.
//!
//! The tasks run ordinary workers, so what they are to do is in their commands: a list of words, the last of
//! which often is a line for the shell.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use crate::base::posix::basename;
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
        Self::each(payload, script).into_iter().next()
    }

    /// The arguments of a script each time that the command of a payload runs it.
    #[must_use]
    pub fn each(payload: &Value, script: &str) -> Vec<Self> {
        let mut all = Vec::new();
        let shell = Shell {
            variables: &payload["env"],
        };
        collect(&payload["command"], &shell, &mut all, 0);
        let commands = all.split(|word| ENDS.contains(&word.as_str()));
        let runs = commands.filter_map(|words| {
            let at = words.iter().position(|word| basename(word) == script)?;
            words.get(at + 1..)
        });
        runs.map(Self::read).collect()
    }

    fn read(words: &[String]) -> Self {
        let mut words = words.iter().peekable();
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                arguments.plain.push(word.clone());
                continue;
            };
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                // The next argument is no value: this one is a flag.
                None => {
                    let value = words.next_if(|word| !word.starts_with("--"));
                    (name, value.cloned().unwrap_or_default())
                }
            };
            let values = arguments.named.entry(name.to_owned()).or_default();
            values.push(value);
        }
        arguments
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

/// The names of shells.
const SHELLS: [&str; 3] = ["bash", "sh", "zsh"];

/// How deep the lists of a command may be.
const DEPTH: usize = 4;

/// Collects the words of a command. A text is a line for the shell if it is all of a command, or if it is what a
/// shell is told to run; in a list, other texts are words as they are.
fn collect(command: &Value, shell: &Shell<'_>, into: &mut Vec<String>, depth: usize) {
    if let Some(line) = command.as_str() {
        return into.extend(shell.split(line));
    }
    let words = command.as_array().into_iter().flatten();
    let words: Vec<&Value> = words.collect();
    for (at, word) in words.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).and_then(|at| words[at].as_str());
        match word.as_str() {
            Some(text) if words.len() > 1 && !is_run_by_shell(before(2), before(1)) => {
                into.push(text.to_owned());
            }
            _ if depth < DEPTH => collect(word, shell, into, depth + 1),
            _ => {}
        }
    }
}

/// Whether the text behind these words is a line for the shell: `bash -cx`.
fn is_run_by_shell(program: Option<&str>, flags: Option<&str>) -> bool {
    let flags = flags.and_then(|flags| flags.strip_prefix('-'));
    let runs = flags.is_some_and(|flags| !flags.starts_with('-') && flags.contains('c'));
    runs && program.is_some_and(|program| SHELLS.contains(&basename(program)))
}

/// The shell of a task, which knows the variables of its payload.
struct Shell<'p> {
    variables: &'p Value,
}

impl Shell<'_> {
    /// Divides a line into words as the shell does: quotes group, and a backslash takes the next character as it is.
    /// Variables of the task are expanded, outside of quotes into several words if they have blanks; others stay
    /// as they are. Quotes that are not closed end with the line.
    fn split(&self, line: &str) -> Vec<String> {
        let mut words = Words::default();
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                _ if character.is_whitespace() => words.end(),
                '\'' => words.extend(
                    characters
                        .by_ref()
                        .take_while(|character| *character != '\''),
                ),
                '"' => self.quoted(&mut characters, &mut words),
                '\\' => words.extend(characters.next()),
                '$' => match self.expand(&mut characters) {
                    Ok(value) => value.chars().for_each(|character| match character {
                        _ if character.is_whitespace() => words.end(),
                        _ => words.extend([character]),
                    }),
                    Err(text) => words.extend(text.chars()),
                },
                _ => words.extend([character]),
            }
        }
        words.end();
        words.done
    }

    /// Reads up to the end of double quotes.
    fn quoted(&self, characters: &mut Characters<'_>, words: &mut Words) {
        words.extend([]);
        while let Some(character) = characters.next().filter(|character| *character != '"') {
            match character {
                '\\' => match characters.next() {
                    Some(escaped @ ('"' | '\\' | '$' | '`')) => words.extend([escaped]),
                    Some(other) => words.extend(['\\', other]),
                    None => words.extend(['\\']),
                },
                '$' => match self.expand(characters) {
                    Ok(text) | Err(text) => words.extend(text.chars()),
                },
                _ => words.extend([character]),
            }
        }
    }

    /// The value of the variable after a dollar sign, or the text itself.
    fn expand(&self, characters: &mut Characters<'_>) -> Result<String, String> {
        let is_braced = characters.next_if_eq(&'{').is_some();
        let mut name = String::new();
        while let Some(character) =
            characters.next_if(|character| character.is_ascii_alphanumeric() || *character == '_')
        {
            name.push(character);
        }
        let end = if is_braced {
            characters.next_if_eq(&'}')
        } else {
            None
        };
        match self.variables[name.as_str()].as_str() {
            Some(value) if is_braced == end.is_some() => Ok(value.to_owned()),
            _ => {
                let start = if is_braced { "${" } else { "$" };
                let end = end.map(String::from).unwrap_or_default();
                Err(format!("{start}{name}{end}"))
            }
        }
    }
}

/// The characters of a line.
type Characters<'l> = Peekable<Chars<'l>>;

/// The words of a line so far.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    open: Option<String>,
}

impl Words {
    /// Adds to the word that is open, or opens one.
    fn extend(&mut self, characters: impl IntoIterator<Item = char>) {
        self.open.get_or_insert_default().extend(characters);
    }

    /// Ends the word that is open.
    fn end(&mut self) {
        self.done.extend(self.open.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn split(line: &str) -> Vec<String> {
        let variables = json!({"A": "1", "TWO": " p  q ", "EMPTY": ""});
        let shell = Shell {
            variables: &variables,
        };
        shell.split(line)
    }

    #[test]
    fn arguments_are_found_in_a_line_for_the_shell() {
        let line = r#"cd /builds && ./mach python a/creator.py --verbose --product firefox --partial-version 1.0 --include-version '^\d+$' --partial-version=2.0 a\ b "c \"d\"" && echo --product no"#;
        let payload = json!({"command": ["run-task", "--", "bash", "-cx", line]});
        let found = Arguments::of(&payload, "creator.py").unwrap();
        assert_eq!(found.last("product"), Some("firefox"));
        assert_eq!(found.last("verbose"), Some(""));
        assert_eq!(found.all("partial-version"), ["1.0", "2.0"]);
        assert_eq!(found.last("include-version"), Some(r"^\d+$"));
        assert_eq!(found.plain, ["a b", "c \"d\""]);
        assert_eq!(found.last("other"), None);
        assert_eq!(Arguments::of(&payload, "other.py"), None);
        assert_eq!(Arguments::of(&json!({}), "creator.py"), None);
    }

    #[test]
    fn a_line_may_run_a_program_several_times() {
        let line = "mkdir -p out && a/dmg attribute one 'x\t' && b/dmg attribute two";
        let payload = json!({"command": ["bash", "-cx", line]});
        let runs = Arguments::each(&payload, "dmg");
        let plain: Vec<&[String]> = runs.iter().map(|run| run.plain.as_slice()).collect();
        assert_eq!(
            plain,
            [&["attribute", "one", "x\t"][..], &["attribute", "two"]]
        );
        assert!(Arguments::each(&payload, "cp").is_empty());
    }

    #[test]
    fn odd_quotes_end_with_the_line() {
        for line in ["x 'a b", "x \"a b", "x a\\", "x \"a\\"] {
            assert!(split(line).len() >= 2, "{line}");
        }
        assert_eq!(split("a ''  b"), ["a", "", "b"]);
    }

    #[test]
    fn variables_of_the_task_are_expanded() {
        for (line, words) in [
            ("x$A", vec!["x1"]),
            ("\"${A}b\" '$A' \\$A", vec!["1b", "$A", "$A"]),
            ("$TWO \"$TWO\"", vec!["p", "q", " p  q "]),
            ("$EMPTY a \"$EMPTY\"", vec!["a", ""]),
            ("$OTHER \"$@\" ${A", vec!["$OTHER", "$@", "${A"]),
        ] {
            assert_eq!(split(line), words, "{line}");
        }
    }

    #[test]
    fn only_what_a_shell_runs_is_a_line() {
        let words = |command: Value| {
            let payload = json!({"command": command, "env": {"A": "1"}});
            Arguments::of(&payload, "s.py").map(|arguments| arguments.plain)
        };
        for command in [
            json!(["run-task", "--", "s.py", "a\\b", "$A c"]),
            json!([
                ["chmod", "+x", "run-task"],
                ["./run-task", "--", "s.py", "a\\b", "$A c"]
            ]),
        ] {
            assert_eq!(
                words(command),
                Some(vec!["a\\b".to_owned(), "$A c".to_owned()])
            );
        }
        for command in [
            json!("s.py a $A"),
            json!(["s.py a $A"]),
            json!(["run-task", "--", "bash", "-cx", "s.py a $A"]),
            json!(["/bin/bash", "-c", "s.py a", "name", "1"]),
        ] {
            let found = words(command).unwrap();
            assert_eq!((&*found[0], &**found.last().unwrap()), ("a", "1"));
        }
    }
}
