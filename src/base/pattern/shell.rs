//! Patterns of file names, as Python's `fnmatch` reads them.

/// A pattern of whole texts: `*` matches anything, slashes too, `?` one character, `[a-z]` one of a set, and
/// `[!a-z]` one that is not in it.
///
/// Upper and lower case differ. A bracket that is never closed stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellPattern(Vec<Piece>);

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Literal(char),
    Set {
        negated: bool,
        /// Both ends belong to a range; a single character is a range of its own.
        ranges: Vec<(char, char)>,
    },
}

impl Piece {
    fn accepts(&self, found: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Literal(own) => *own == found,
            Self::Set { negated, ranges } => {
                let is_in = |(first, last): &(char, char)| (*first..=*last).contains(&found);
                ranges.iter().any(is_in) != *negated
            }
        }
    }
}

impl ShellPattern {
    /// Reads a pattern; every text is one.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let characters: Vec<char> = pattern.chars().collect();
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(character) = characters.get(at) {
            at += 1;
            let set = (*character == '[')
                .then(|| set_at(&characters, at))
                .flatten();
            pieces.push(match (character, set) {
                // Two stars in a row match what one does.
                ('*', _) if pieces.last() == Some(&Piece::Any) => continue,
                ('*', _) => Piece::Any,
                ('?', _) => Piece::One,
                (_, Some((set, end))) => {
                    at = end;
                    set
                }
                (literal, None) => Piece::Literal(*literal),
            });
        }
        Self(pieces)
    }

    /// Whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        let (mut piece, mut character) = (0, 0);
        // The last star, and how far it has been extended. Only this one is ever extended again, so the
        // time is bounded by the product of both lengths.
        let mut star: Option<(usize, usize)> = None;
        while let Some(found) = characters.get(character) {
            match self.0.get(piece) {
                Some(Piece::Any) => {
                    star = Some((piece, character));
                    piece += 1;
                }
                Some(one) if one.accepts(*found) => {
                    piece += 1;
                    character += 1;
                }
                _ => match star {
                    Some((at, taken)) => {
                        star = Some((at, taken + 1));
                        piece = at + 1;
                        character = taken + 1;
                    }
                    None => return false,
                },
            }
        }
        self.0[piece..].iter().all(|rest| *rest == Piece::Any)
    }
}

/// Reads a set behind its opening bracket, and returns it with the position behind the closing one.
fn set_at(characters: &[char], start: usize) -> Option<(Piece, usize)> {
    let negated = characters.get(start) == Some(&'!');
    let first = start + usize::from(negated);
    // A bracket at the beginning belongs to the set.
    let close = (first + 1..characters.len()).find(|at| characters[*at] == ']')?;
    let mut ranges = Vec::new();
    let mut at = first;
    while at < close {
        let is_range = at + 2 < close && characters[at + 1] == '-';
        let last = if is_range { at + 2 } else { at };
        // A range that ends before it begins holds nothing.
        if characters[at] <= characters[last] {
            ranges.push((characters[at], characters[last]));
        }
        at = last + 1;
    }
    Some((Piece::Set { negated, ranges }, close + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers are those of Python's `fnmatch.fnmatchcase`.
    #[test]
    fn patterns_match_as_in_fnmatch() {
        for (pattern, matching, others) in [
            ("*", &["", "a", "public/build/target.xpi"][..], &[][..]),
            ("", &[""], &["a"]),
            (
                "public/build/*.xpi",
                &["public/build/de/a.xpi", "public/build/.xpi"],
                &["public/build/a.xpi.asc", "public/a.xpi"],
            ),
            ("*a*b*c", &["aabbc", "abcbc"], &["acb", "abcb"]),
            ("a**", &["a", "ab"], &["ba"]),
            ("?.log", &["a.log", "ä.log", "\n.log"], &[".log", "ab.log"]),
            ("[a-c]x", &["ax", "cx"], &["dx", "-x", "x"]),
            ("[!a-c]x", &["dx", "!x"], &["ax", "x"]),
            ("[]]", &["]"], &["[]]"]),
            ("[!]]", &["a"], &["]"]),
            ("[ab", &["[ab"], &["a"]),
            ("[!]", &["[!]"], &["a"]),
            ("[]", &["[]"], &[""]),
            ("[c-a]", &[], &["a", "b", "c", "-"]),
            ("[!c-a]", &["a", "-"], &[""]),
            ("[a-]", &["a", "-"], &["b"]),
            ("[-a]", &["a", "-"], &["b"]),
            ("[^a]", &["^", "a"], &["b"]),
            (r"[\d]", &["\\", "d"], &["1"]),
            ("*.XPI", &["a.XPI"], &["a.xpi"]),
        ] {
            let read = ShellPattern::new(pattern);
            for text in matching {
                assert!(read.matches(text), "{pattern:?} matches {text:?}");
            }
            for text in others {
                assert!(!read.matches(text), "{pattern:?} does not match {text:?}");
            }
        }
    }

    #[test]
    fn many_stars_take_little_time() {
        let pattern = ShellPattern::new(&"*a".repeat(2000));
        assert!(!pattern.matches(&"a".repeat(1999)));
        assert!(pattern.matches(&"a".repeat(2000)));
    }
}
