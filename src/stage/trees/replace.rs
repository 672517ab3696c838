//! Texts that are replaced in files on merge days.
//!
//! `{current_major_version}` and its like stand for numbers in what is searched and in what replaces it.
//! Other names in braces stay as they are, since they belong to shell scripts. In regular expressions they
//! are errors.

use super::action::ActionError;
use crate::base::pattern::Search;

/// The numbers that templates may name.
fn number(name: &str, major: u32) -> Option<u32> {
    let more = match name {
        "current_major_version" => 0,
        "next_major_version" => 1,
        "current_weave_version" => 2,
        "next_weave_version" => 3,
        _ => return None,
    };
    major.checked_add(more)
}

/// Fills in a template.
///
/// # Errors
/// [`ActionError::Template`] if braces do not match, or a name is unknown and `keeps_others` is not set.
pub fn fill(
    template: &str,
    number: &dyn Fn(&str) -> Option<u32>,
    keeps_others: bool,
) -> Result<String, ActionError> {
    let wrong = |why: String| ActionError::Template {
        template: template.to_owned(),
        why,
    };
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let brace = &rest[at..=at];
        if let Some(again) = behind.strip_prefix(brace) {
            out.push_str(brace);
            rest = again;
            continue;
        }
        let end = behind.find('}').filter(|_| brace == "{");
        let end = end.ok_or_else(|| wrong(format!("`{brace}` has no counterpart")))?;
        let name = &behind[..end];
        match number(name) {
            Some(number) => out.push_str(&number.to_string()),
            None if keeps_others && is_plain(name) => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
            None => return Err(wrong(format!("`{{{name}}}` is unknown"))),
        }
        rest = &behind[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether a name has none of the characters that mean something in a template of Python.
fn is_plain(name: &str) -> bool {
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    !name.is_empty() && !is_number && !name.contains(['{', '!', ':', '.', '['])
}

/// Replaces a text in a file.
///
/// # Errors
/// [`ActionError::Template`], [`ActionError::NoText`].
pub fn text(
    file: &str,
    content: &str,
    (from, to): (&str, &str),
    major: u32,
) -> Result<String, ActionError> {
    let number = |name: &str| number(name, major);
    let from = fill(from, &number, true)?;
    let to = fill(to, &number, true)?;
    changed(file, content, content.replace(&from, &to), from)
}

/// Replaces what a regular expression of Python matches in a file.
///
/// # Errors
/// [`ActionError::Template`], [`ActionError::Pattern`], [`ActionError::NoText`].
pub fn pattern(
    file: &str,
    content: &str,
    (from, to): (&str, &str),
    major: u32,
) -> Result<String, ActionError> {
    let number = |name: &str| number(name, major);
    let from = fill(from, &number, false)?;
    let to = fill(to, &number, true)?;
    let search = Search::new(&from).map_err(|error| ActionError::Pattern(error.to_string()))?;
    let new = search.replace(content, &to);
    let new = new.map_err(|error| ActionError::Pattern(error.to_string()))?;
    changed(file, content, new, from)
}

fn changed(file: &str, content: &str, new: String, from: String) -> Result<String, ActionError> {
    match new == content {
        true => Err(ActionError::NoText {
            file: file.to_owned(),
            text: from,
        }),
        false => Ok(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_shells_stay() {
        let fill = |template| fill(template, &|name| number(name, 93), true);
        assert_eq!(
            fill("X=${MOZ_X-0} {next_major_version} {{a}}"),
            Ok("X=${MOZ_X-0} 94 {a}".to_owned())
        );
        for template in ["{", "}", "{0}", "{a:b}", "{a"] {
            assert!(fill(template).is_err(), "{template}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_replaced() {
        let done = text(
            "f",
            "a 93 b",
            ("{current_major_version}", "{next_major_version}"),
            93,
        );
        assert_eq!(done, Ok("a 94 b".to_owned()));
        let error = text("f", "a", ("x", "y"), 93).unwrap_err();
        assert_eq!(error.production_message(), "f does not contain x");
        let done = pattern("f", "v=12;", (r"v=(\d+)", r"w=\1"), 93);
        assert_eq!(done, Ok("w=12;".to_owned()));
        assert!(pattern("f", "v", ("(", ""), 93).is_err());
    }
}
