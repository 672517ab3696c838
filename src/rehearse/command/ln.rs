//! Reads the arguments of `ln -s`, as coreutils does.

use super::worker_path::absolute;
use crate::base::posix::basename;

/// One-letter options that do not change the path or the target of a link.
const FLAGS: &[char] = &['b', 'f', 'i', 'n', 'v', 'L', 'P'];

/// Returns the links that `ln` creates in a folder, each with its path and target.
///
/// `is_folder` returns whether a path is a folder, so that links are created inside it.
///
/// # Errors
/// When the arguments are not supported.
pub fn links(
    arguments: &[&str],
    folder: &str,
    is_folder: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, String> {
    let (mut symbolic, mut relative, mut no_folder) = (false, false, false);
    let mut into: Option<&str> = None;
    let mut operands: Vec<&str> = Vec::new();
    let mut rest = arguments.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "--" => operands.extend(rest.by_ref()),
            "--symbolic" => symbolic = true,
            "--relative" => relative = true,
            "--no-target-directory" => no_folder = true,
            "--force" | "--no-dereference" | "--verbose" | "--interactive" | "--backup" => {}
            "--target-directory" => into = rest.next(),
            _ if word.starts_with("--") => match word.split_once('=') {
                Some(("--target-directory", value)) => into = Some(value),
                _ => return Err(format!("the option `{word}` of `ln` is not supported")),
            },
            _ if word.len() > 1 && word.starts_with('-') => {
                for (at, letter) in word.char_indices().skip(1) {
                    match letter {
                        's' => symbolic = true,
                        'r' => relative = true,
                        'T' => no_folder = true,
                        't' => {
                            let value = &word[at + 1..];
                            into = Some(value)
                                .filter(|value| !value.is_empty())
                                .or_else(|| rest.next());
                            break;
                        }
                        _ if FLAGS.contains(&letter) => {}
                        _ => {
                            return Err(format!("the option `-{letter}` of `ln` is not supported"));
                        }
                    }
                }
            }
            _ => operands.push(word),
        }
    }
    if !symbolic {
        return Err("only symbolic links are supported".to_owned());
    }
    let (targets, destination) = match (into, operands.as_slice()) {
        (Some(into), targets) => (targets, Destination::In(absolute(folder, into))),
        (None, [target]) => (
            std::slice::from_ref(target),
            Destination::In(folder.to_owned()),
        ),
        (None, [targets @ .., last]) => {
            let path = absolute(folder, last);
            let inside = !no_folder && (last.ends_with('/') || is_folder(&path));
            match targets {
                [_] if !inside => (targets, Destination::At(path)),
                _ => (targets, Destination::In(path)),
            }
        }
        (None, []) => return Err("`ln` has no target".to_owned()),
    };
    let link = |target: &&str| {
        let path = match &destination {
            Destination::At(at) => at.clone(),
            Destination::In(folder) => absolute(folder, basename(target.trim_end_matches('/'))),
        };
        let leads = match relative {
            true => absolute(folder, target),
            false => (*target).to_owned(),
        };
        (path, leads)
    };
    Ok(targets.iter().map(link).collect())
}

/// Where links are created.
enum Destination {
    /// At this path.
    At(String),
    /// In this folder, each under the name of its target.
    In(String),
}
