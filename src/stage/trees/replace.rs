//! Texts that are replaced in files on merge days.
//!
//! `{current_major_version}` and its like stand for numbers in what is searched and in what replaces it.
//! Other names in braces stay as they are, since they belong to shell scripts. In regular expressions they
//! are errors.

use super::action::ActionError;
use crate::base::pattern::Search;

/// How far the numbers of the protocol of Sync are ahead of major versions.
const WEAVE: u32 = 2;

/// The major versions that templates name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Majors {
    /// That of the files before.
    pub current: u32,
    /// That of the files after.
    pub next: u32,
}

impl Majors {
    /// A major version and the one that follows it.
    #[must_use]
    pub fn after(current: u32) -> Self {
        Self {
            current,
            next: current.saturating_add(1),
        }
    }

    /// The number that a name in a template stands for.
    fn number(self, name: &str) -> Option<u32> {
        match name {
            "current_major_version" => Some(self.current),
            "next_major_version" => Some(self.next),
            "current_weave_version" => self.current.checked_add(WEAVE),
            "next_weave_version" => self.next.checked_add(WEAVE),
            _ => None,
        }
    }
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
    majors: Majors,
) -> Result<String, ActionError> {
    let number = |name: &str| majors.number(name);
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
    majors: Majors,
) -> Result<String, ActionError> {
    let number = |name: &str| majors.number(name);
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
        let fill = |template| fill(template, &|name| Majors::after(93).number(name), true);
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
            Majors::after(93),
        );
        assert_eq!(done, Ok("a 94 b".to_owned()));
        let error = text("f", "a", ("x", "y"), Majors::after(93)).unwrap_err();
        assert_eq!(error.production_message(), "f does not contain x");
        let done = pattern("f", "v=12;", (r"v=(\d+)", r"w=\1"), Majors::after(93));
        assert_eq!(done, Ok("w=12;".to_owned()));
        assert!(pattern("f", "v", ("(", ""), Majors::after(93)).is_err());
    }
}
