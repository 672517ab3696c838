//! `ln -s`, read as the coreutils do.

use super::places::absolute;
use crate::base::posix::basename;

/// Options of one letter that change nothing of where a link lies.
const FLAGS: &[char] = &['b', 'f', 'i', 'n', 'v', 'L', 'P'];

/// The links that `ln` makes in a folder: where each lies, and where it leads.
///
/// `is_folder` says of a path whether a folder is there, which takes the links in.
///
/// # Errors
/// Why the arguments are not read.
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
        return Err("only symbolic links are read".to_owned());
    }
    let (targets, place) = match (into, operands.as_slice()) {
        (Some(into), targets) => (targets, Place::In(absolute(folder, into))),
        (None, [target]) => (std::slice::from_ref(target), Place::In(folder.to_owned())),
        (None, [targets @ .., last]) => {
            let path = absolute(folder, last);
            let inside = !no_folder && (last.ends_with('/') || is_folder(&path));
            match targets {
                [_] if !inside => (targets, Place::At(path)),
                _ => (targets, Place::In(path)),
            }
        }
        (None, []) => return Err("`ln` is given no target".to_owned()),
    };
    let one = |target: &&str| {
        let lies = match &place {
            Place::At(path) => path.clone(),
            Place::In(path) => absolute(path, basename(target.trim_end_matches('/'))),
        };
        let leads = match relative {
            true => absolute(folder, target),
            false => (*target).to_owned(),
        };
        (lies, leads)
    };
    Ok(targets.iter().map(one).collect())
}

/// Where links are put.
enum Place {
    /// At this path.
    At(String),
    /// In this folder, each under the name of its target.
    In(String),
}
