//! Replaces what a regular expression matches, as Python's `re.sub` does.

use std::collections::BTreeMap;

use fancy_regex::{Regex, RegexBuilder};

use super::error::{BACKTRACKING, PatternError, in_words, refused};
use super::python;

/// A regular expression that matches anywhere in a text.
#[derive(Clone, Debug)]
pub struct Search {
    pattern: String,
    regex: Regex,
    /// The numbers of groups by name.
    names: BTreeMap<String, usize>,
}

/// A part of what replaces a match.
enum Part {
    Text(String),
    /// A group of the match, by its number.
    Group(usize),
}

impl Search {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// [`PatternError`] if it is not valid.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let translated = python::translate_with_names(pattern);
        let (regex, names) = translated.map_err(|why| refused(pattern, why))?;
        let regex = RegexBuilder::new(&regex)
            .backtrack_limit(BACKTRACKING)
            .build()
            .map_err(|error| refused(pattern, in_words(&error.to_string())))?;
        Ok(Self {
            pattern: pattern.to_owned(),
            regex,
            names,
        })
    }

    /// Replaces all matches in a text. `\1`, `\g<1>` and `\g<name>` in the template stand for groups.
    ///
    /// As in Python, an empty match may follow another match at once. Python also looks for a longer match where
    /// it has found an empty one, which no other pattern than one with an empty alternative in front of others
    /// has; here the search goes on behind the next character.
    ///
    /// # Errors
    /// [`PatternError`] if the template is not valid, or a match takes too long.
    pub fn replace(&self, text: &str, template: &str) -> Result<String, PatternError> {
        let parts = self.template(template)?;
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        let mut from = 0;
        while from <= text.len() {
            let found = self.regex.captures_from_pos(text, from);
            let found = found.map_err(|error| refused(&self.pattern, error.to_string()))?;
            let Some((found, whole)) = found.and_then(|found| {
                let whole = found.get(0)?;
                Some((found, whole))
            }) else {
                break;
            };
            from = whole.end();
            if whole.start() == from {
                from += text[from..].chars().next().map_or(1, char::len_utf8);
            }
            out.push_str(&text[copied..whole.start()]);
            for part in &parts {
                match part {
                    Part::Text(text) => out.push_str(text),
                    Part::Group(group) => {
                        out.push_str(found.get(*group).map_or("", |group| group.as_str()));
                    }
                }
            }
            copied = whole.end();
        }
        out.push_str(&text[copied..]);
        Ok(out)
    }

    fn template(&self, template: &str) -> Result<Vec<Part>, PatternError> {
        let wrong = |why: String| refused(template, why);
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(at) = rest.find('\\') {
            text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let Some(character) = rest.chars().next() else {
                return Err(wrong("it ends with a backslash".to_owned()));
            };
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (group, length) = match character {
                '0' => return Err(wrong("octal numbers are not supported".to_owned())),
                _ if is_octal(rest) => {
                    return Err(wrong("octal numbers are not supported".to_owned()));
                }
                _ if digits > 0 => (Some(self.group(&rest[..digits.min(2)])), digits.min(2)),
                'g' => {
                    let name = rest
                        .strip_prefix("g<")
                        .and_then(|name| name.split_once('>'));
                    let (name, _) = name.ok_or_else(|| wrong("`\\g` has no name".to_owned()))?;
                    (Some(self.group(name)), name.len() + 3)
                }
                _ => (None, character.len_utf8()),
            };
            match group {
                Some(Some(group)) => {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(Part::Group(group));
                }
                Some(None) => {
                    let name = &rest[..length];
                    return Err(wrong(format!("the expression has no group `\\{name}`")));
                }
                None => match escape(character) {
                    Some(escaped) => text.push(escaped),
                    None if character.is_ascii_alphabetic() => {
                        return Err(wrong(format!("`\\{character}` is unknown")));
                    }
                    None => text.extend(['\\', character]),
                },
            }
            rest = &rest[length..];
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(parts)
    }

    /// The number of a group, by its number or its name.
    fn group(&self, name: &str) -> Option<usize> {
        if let Ok(number) = name.parse::<usize>() {
            return (number < self.regex.captures_len()).then_some(number);
        }
        self.names.get(name).copied()
    }
}

/// Whether a text begins with three octal digits, which are the number of a character and not of a group.
fn is_octal(text: &str) -> bool {
    let start = text.as_bytes().get(..3);
    start.is_some_and(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit)))
}

fn escape(character: char) -> Option<char> {
    Some(match character {
        '\\' => '\\',
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_filled_in() {
        let replace = |pattern, template, text: &str| {
            let search = Search::new(pattern).unwrap();
            search
                .replace(text, template)
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            replace(r"(\w)=(\d+)", r"\2=\1\n", "a=1;b=22"),
            Ok("1=a\n;22=b\n".into())
        );
        assert_eq!(replace(r"(?P<x>a)|b", r"[\g<1>]", "ab"), Ok("[a][]".into()));
        assert_eq!(replace("a", r"\g<0>\.\\", "a"), Ok("a\\.\\".into()));
        assert_eq!(replace("(?P<a>b)", r"[\g<a>]", "abc"), Ok("a[b]c".into()));
        for template in [r"\2", r"\q", "\\", r"\g<y>", r"\g", r"\01", r"\101"] {
            assert!(replace("(a)", template, "a").is_err(), "{template}");
        }
        // These are Python's results.
        assert_eq!(replace("x*", "-", "abxd"), Ok("-a-b--d-".into()));
        assert_eq!(replace("b*", r"<\g<0>>", "éabb"), Ok("<>é<>a<bb><>".into()));
    }
}
