//! The file names that programs print.

use crate::base::file_name;

/// Parses the file names in a program's output, each terminated by `end`.
pub(super) fn parse(output: &[u8], end: u8) -> Vec<String> {
    // A git log has an empty line for each commit, before its names.
    let names: Vec<String> = output
        .split(|byte| *byte == end)
        .map(|name| {
            let lines = name.iter().take_while(|byte| **byte == b'\n').count();
            &name[lines..]
        })
        .filter(|name| !name.is_empty())
        .map(|name| file_name::text(name).into_owned())
        .collect();
    if let Some(odd) = file_name::quoted_of(names.iter().map(String::as_str)) {
        tracing::warn!("some file names are not UTF-8 and are quoted as in git: {odd}");
    }
    names
}
