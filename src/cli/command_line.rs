//! Parses the command line, as taskgraph's own parser does where clap differs from it.
//!
//! 1. Flags before the command are moved behind it, so that `snowman -q full` means `snowman full -q`.
//! 2. Beginnings of long flags become whole flags, if only one flag begins so.
//! 3. clap parses the result.

mod long_flags;

use std::ffi::OsString;

use clap::builder::ArgAction;
use clap::error::ErrorKind;
use clap::{Arg, ColorChoice, Command, CommandFactory, FromArgMatches};

use super::args::common::{ColorMode, LogFormat};
use super::args::{Cli, help};
use long_flags::complete;

/// Flags of many commands, not of all, that may be before the command, too.
const MOVABLE: &[(char, &str)] = &[('r', "root"), ('p', "parameters")];

/// A command line that cannot be parsed, or asks for help.
#[derive(Debug)]
pub struct Unparsed {
    /// clap's message.
    pub error: clap::Error,
    /// The form in which it is printed.
    pub log_format: LogFormat,
}

/// The table of commands and flags, with the help of each.
#[must_use]
pub fn command() -> Command {
    let mut command = help::with_groups(Cli::command());
    command.build();
    command
}

/// Parses the arguments of the program, of which the first is its name.
///
/// # Errors
/// Usage errors, and requests for help or the version.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Unparsed> {
    let mut command = command();
    let Arranged {
        words,
        left_out,
        ambiguous,
    } = arrange(&mut command, arguments.into_iter().collect());
    let known = || left_out.iter().chain(&words);
    let log_format = match last_value(known(), "--log-format") {
        Some("json") => LogFormat::Json,
        _ => LogFormat::Text,
    };
    let color = last_value(known(), "--color");
    if let Some(choice) = color.and_then(color_choice) {
        command = command.color(choice);
    }
    let unparsed = |error| Unparsed { error, log_format };
    if let Some(error) = ambiguous {
        return Err(unparsed(error));
    }
    let matches = command.try_get_matches_from_mut(words);
    let cli = matches.and_then(|mut matches| {
        let name = matches.subcommand_name().map(str::to_owned);
        let cli = Cli::from_arg_matches_mut(&mut matches)?;
        if cli.global.quiet == 0 || cli.global.verbose == 0 {
            return Ok(cli);
        }
        // clap would name flags that can be repeated `--quiet...`.
        let found = name.and_then(|name| command.find_subcommand_mut(&name));
        let message = "the argument '--quiet' cannot be used with '--verbose'";
        Err(match found {
            Some(found) => found.error(ErrorKind::ArgumentConflict, message),
            None => command.error(ErrorKind::ArgumentConflict, message),
        })
    });
    cli.map_err(|error| unparsed(error.format(&mut command)))
}

/// The last value of a flag of every command, before it is known whether the other words can be parsed.
fn last_value<'w>(words: impl Iterator<Item = &'w OsString>, flag: &str) -> Option<&'w str> {
    // What follows a lone `--` is no flag.
    let mut words = words
        .map(|word| word.to_str().unwrap_or_default())
        .take_while(|word| *word != "--");
    let mut found = None;
    while let Some(word) = words.next() {
        match word.strip_prefix(flag) {
            Some("") => found = words.next(),
            Some(rest) => found = rest.strip_prefix('=').or(found),
            None => {}
        }
    }
    found
}

/// When help and usage errors are coloured; clap decides by the environment without a flag.
fn color_choice(mode: &str) -> Option<ColorChoice> {
    match <ColorMode as clap::ValueEnum>::from_str(mode, false).ok()? {
        ColorMode::Auto => None,
        ColorMode::Always => Some(ColorChoice::Always),
        ColorMode::Never => Some(ColorChoice::Never),
    }
}

/// A command line as clap can parse it.
#[derive(Default)]
struct Arranged {
    words: Vec<OsString>,
    /// Flags before the command that are not moved, because clap shows help or an error.
    left_out: Vec<OsString>,
    /// The error about the first beginning that several flags have.
    ambiguous: Option<clap::Error>,
}

/// Moves flags behind the command that they precede, and completes long flags.
fn arrange(command: &mut Command, arguments: Vec<OsString>) -> Arranged {
    let mut words = arguments.into_iter();
    let mut ambiguous = None;
    let mut out: Vec<OsString> = words.next().into_iter().collect();
    let mut moved = Vec::new();
    let mut level = &mut *command;
    let mut path = Vec::new();
    while level.has_subcommands() {
        let Some(word) = words.next() else { break };
        let text = word.to_str().unwrap_or_default().to_owned();
        if text.starts_with('-') && text.len() > 1 {
            match flags(level, &text) {
                // clap knows what to say of it.
                Ok(None) => {
                    out.push(word);
                    out.extend(words);
                    return Arranged {
                        words: out,
                        left_out: moved,
                        ambiguous,
                    };
                }
                Err(error) => {
                    ambiguous.get_or_insert(error);
                }
                Ok(Some(mut flags)) => {
                    if flags.last().is_some_and(Flag::lacks_value)
                        && let Some(value) = words.next()
                        && let Some(last) = flags.last_mut()
                    {
                        last.value = Some(value);
                    }
                    moved.extend(flags.into_iter().map(Flag::into_word));
                }
            }
            continue;
        }
        out.push(word);
        let known = text != "help" && level.find_subcommand(&text).is_some();
        let Some(below) = level.find_subcommand_mut(&text).filter(|_| known) else {
            out.extend(words);
            return Arranged {
                words: out,
                left_out: moved,
                ambiguous,
            };
        };
        path.push(text);
        level = below;
    }
    out.extend(moved);
    let name = path.join(" ");
    let mut only_values = false;
    for word in words {
        only_values |= word == "--";
        let long = word.to_str().filter(|_| !only_values);
        let completed = match long.and_then(|text| text.strip_prefix("--")) {
            Some(long) => complete(level, &name, long),
            None => Ok(None),
        };
        match completed {
            Ok(completed) => out.push(completed.map_or(word, OsString::from)),
            Err(error) => {
                ambiguous.get_or_insert(error);
            }
        }
    }
    Arranged {
        words: out,
        ambiguous,
        ..Arranged::default()
    }
}

/// A flag before the command, by its long name.
struct Flag {
    long: String,
    takes_value: bool,
    value: Option<OsString>,
}

impl Flag {
    fn lacks_value(&self) -> bool {
        self.takes_value && self.value.is_none()
    }

    fn into_word(self) -> OsString {
        let mut word = OsString::from(format!("--{}", self.long));
        if let Some(value) = self.value {
            word.push("=");
            word.push(value);
        }
        word
    }
}

/// The flags that a word before a command stands for; `None` if it is not one that can be moved.
fn flags(level: &mut Command, word: &str) -> Result<Option<Vec<Flag>>, clap::Error> {
    let movable = MOVABLE
        .iter()
        .map(|(short, long)| (Some(*short), *long, true));
    let global: Vec<(Option<char>, String, bool)> = level
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .filter_map(|arg| {
            Some((
                arg.get_short(),
                arg.get_long()?.to_owned(),
                takes_value(arg),
            ))
        })
        .chain(movable.map(|(short, long, value)| (short, long.to_owned(), value)))
        .collect();
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (long, None),
        };
        let names = ["help", "version"].into_iter();
        let names = names.chain(global.iter().map(|(_, long, _)| long.as_str()));
        let exact = global.iter().find(|(_, long, _)| long == name);
        let begin: Vec<&str> = names.filter(|long| long.starts_with(name)).collect();
        let found = match (exact, begin.as_slice()) {
            (Some(exact), _) => exact,
            (None, [one]) => match global.iter().find(|(_, long, _)| long == one) {
                Some(found) => found,
                None => return Ok(None),
            },
            (None, []) => return Ok(None),
            (None, _) if name.is_empty() => return Ok(None),
            (None, several) => return Err(long_flags::ambiguous(level, name, several)),
        };
        return Ok(Some(vec![Flag {
            long: found.1.clone(),
            takes_value: found.2,
            value,
        }]));
    }
    let mut found = Vec::new();
    let mut letters = word[1..].chars();
    while let Some(letter) = letters.next() {
        let flag = global.iter().find(|(short, _, _)| *short == Some(letter));
        let Some((_, long, takes_value)) = flag else {
            return Ok(None);
        };
        let rest = letters.as_str();
        let value = (*takes_value && !rest.is_empty())
            .then(|| OsString::from(rest.strip_prefix('=').unwrap_or(rest)));
        found.push(Flag {
            long: long.clone(),
            takes_value: *takes_value,
            value,
        });
        if *takes_value {
            break;
        }
    }
    Ok(Some(found))
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arranged(line: &str) -> Result<String, String> {
        let words = line.split(' ').map(OsString::from).collect();
        let arranged = arrange(&mut command(), words);
        if let Some(error) = arranged.ambiguous {
            return Err(error.to_string());
        }
        let words = arranged.words.iter().map(|word| word.to_str().unwrap());
        Ok(words.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn flags_before_the_command_are_moved_behind_it() {
        for (given, expected) in [
            ("snowman -q full", "snowman full --quiet"),
            ("snowman -q full -q", "snowman full --quiet -q"),
            (
                "snowman -vv target -L",
                "snowman target --verbose --verbose -L",
            ),
            ("snowman -qrci full", "snowman full --quiet --root=ci"),
            (
                "snowman -r ci -p a.yml full -p b.yml",
                "snowman full --root=ci --parameters=a.yml -p b.yml",
            ),
            ("snowman --root ci full", "snowman full --root=ci"),
            ("snowman --root=ci full", "snowman full --root=ci"),
            ("snowman --color never full", "snowman full --color=never"),
            (
                "snowman --quie --par=a.yml full",
                "snowman full --quiet --parameters=a.yml",
            ),
            (
                "snowman -v stage -v run",
                "snowman stage run --verbose --verbose",
            ),
            // `-v` is `--volume` there.
            (
                "snowman -v load-task x -v a:b",
                "snowman load-task --verbose x -v a:b",
            ),
            ("snowman --help", "snowman --help"),
            ("snowman -x full", "snowman -x full"),
            ("snowman -q help full", "snowman help full"),
            ("snowman fulll --lab", "snowman fulll --lab"),
        ] {
            assert_eq!(arranged(given).unwrap(), expected, "{given}");
        }
    }

    /// The words of a line, without what a shell does with the output.
    fn words(line: &str) -> Vec<OsString> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                '|' | '>' if !quoted => break,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        words.retain(|word| !word.is_empty());
        words.into_iter().map(OsString::from).collect()
    }

    #[test]
    fn examples_are_accepted() {
        for (name, examples) in help::EXAMPLES {
            for help::Example { line, .. } in *examples {
                if let Err(unparsed) = parse(words(line)) {
                    panic!("{line}: {}", unparsed.error);
                }
                assert!(
                    line.starts_with("snowman ") && line.contains(name),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn a_value_before_the_command_is_not_taken_for_the_command() {
        assert_eq!(
            arranged("snowman -r full target").unwrap(),
            "snowman target --root=full"
        );
    }

    #[test]
    fn the_form_of_messages_is_known_before_the_words_are_parsed() {
        use LogFormat::{Json, Text};
        for (line, expected) in [
            ("full --log-format=json --nothing", Json),
            ("--log-format json full --nothing", Json),
            // Beginnings.
            ("full --log json --nothing", Json),
            ("--log=json full --nothing", Json),
            // Another beginning is ambiguous, before it or after it.
            ("full --f --log json", Json),
            ("full --log json --f", Json),
            ("--ver full --log json", Json),
            ("--log json --ver full", Json),
            // The command is unknown.
            ("--log json fulll", Json),
            ("--log json -x full", Json),
            // The last one counts.
            ("full --log json --log text --nothing", Text),
            ("--log json full --log text --nothing", Text),
            // No flag.
            ("load-task x --nothing -- --log-format json", Text),
            ("full --nothing", Text),
        ] {
            let words = std::iter::once("snowman").chain(line.split(' '));
            let unparsed = parse(words.map(OsString::from)).unwrap_err();
            assert_eq!(unparsed.log_format, expected, "{line}");
        }
    }
}
