//! Names of files that are not UTF-8, as text.
//!
//! To file systems a name is bytes; here it is text. A name that is UTF-8 is unchanged. Any other
//! is written as git quotes it: in double quotes, with a backslash before a quote or a backslash,
//! and with an octal escape for each byte that is not printable ASCII: `"src/caf\351.txt"`. The
//! whole path is quoted at once, so no pattern of folders matches it by accident.
//!
//! [`text`] and [`bytes`] are inverses: a UTF-8 name that happens to look like a quoted one is
//! quoted as well.

use std::borrow::Cow;

use super::text::list_some;

/// The text of a name.
#[must_use]
pub fn text(name: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(name) {
        Ok(plain) if unquoted(plain).is_none() => Cow::Borrowed(plain),
        _ => Cow::Owned(quoted(name)),
    }
}

/// The name that a text represents.
#[must_use]
pub fn bytes(text: &str) -> Cow<'_, [u8]> {
    unquoted(text).map_or(Cow::Borrowed(text.as_bytes()), Cow::Owned)
}

/// The text of a path below a folder.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    if unquoted(folder).is_none() && unquoted(path).is_none() {
        return super::posix::join(folder, path);
    }
    let (folder, path) = (bytes(folder), bytes(path));
    if folder.is_empty() || path.starts_with(b"/") {
        return text(&path).into_owned();
    }
    let slash: &[u8] = if folder.ends_with(b"/") { b"" } else { b"/" };
    text(&[&folder, slash, &path].concat()).into_owned()
}

/// Whether a text is a quoted name.
#[must_use]
pub fn is_quoted(text: &str) -> bool {
    unquoted(text).is_some()
}

/// The first few names that are quoted, and how many more there are; `None` when none is.
#[must_use]
pub fn quoted_of<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let odd: Vec<&str> = names.into_iter().filter(|name| is_quoted(name)).collect();
    (!odd.is_empty()).then(|| list_some(&odd))
}

fn quoted(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    out.push('"');
    for byte in name {
        match escape(*byte) {
            Some(letter) => {
                out.push('\\');
                out.push(letter);
            }
            None if matches!(byte, b' '..=b'~') => out.push(char::from(*byte)),
            None => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

/// The bytes of a name that [`text`] quotes in exactly this way; `None` for any other text.
fn unquoted(text: &str) -> Option<Vec<u8>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let letter = rest.next()?;
        if let Some(known) = ESCAPES.iter().find(|(_, known)| *known == letter) {
            out.push(known.0);
            continue;
        }
        let digits = [letter, rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        out.push(u8::from_str_radix(digits, 8).ok()?);
    }
    let needs_quotes = match std::str::from_utf8(&out) {
        Ok(plain) => unquoted(plain).is_some(),
        Err(_) => true,
    };
    (needs_quotes && quoted(&out) == text).then_some(out)
}

/// The bytes with an escape letter, as in C.
static ESCAPES: &[(u8, u8)] = &[
    (b'"', b'"'),
    (b'\\', b'\\'),
    (0x07, b'a'),
    (0x08, b'b'),
    (b'\t', b't'),
    (b'\n', b'n'),
    (0x0b, b'v'),
    (0x0c, b'f'),
    (b'\r', b'r'),
];

fn escape(byte: u8) -> Option<char> {
    let found = ESCAPES.iter().find(|(escaped, _)| *escaped == byte);
    found.map(|(_, letter)| char::from(*letter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_quoted_as_git_does() {
        // What `git ls-tree` prints with `core.quotePath`, which is on by default.
        for (name, quoted) in [
            (b"src/caf\xe9.txt".as_slice(), r#""src/caf\351.txt""#),
            (b"\xff\x01\x7f", r#""\377\001\177""#),
            (b"a b\"c\\d\te\nf\xe9", r#""a b\"c\\d\te\nf\351""#),
            ("src/café.txt".as_bytes(), "src/café.txt"),
            (b"a\"b", "a\"b"),
            (b"\"a\"", "\"a\""),
        ] {
            assert_eq!(text(name), quoted);
            assert_eq!(bytes(quoted), name);
        }
    }

    #[test]
    fn a_name_that_looks_quoted_is_quoted() {
        let name = br#""caf\351""#;
        assert_eq!(text(name), r#""\"caf\\351\"""#);
        assert_eq!(bytes(&text(name)), name.as_slice());
    }

    #[test]
    fn paths_are_joined_as_bytes() {
        assert_eq!(join("a", "b"), "a/b");
        assert_eq!(join("a/", r#""caf\351""#), r#""a/caf\351""#);
        assert_eq!(join("", r#""caf\351""#), r#""caf\351""#);
        assert_eq!(join(r#""\351""#, "b"), r#""\351/b""#);
    }

    #[test]
    fn only_the_first_names_are_listed() {
        let odd = [r#""\351""#, "plain", r#""\352""#, r#""\353""#, r#""\354""#];
        assert_eq!(quoted_of(["plain"]), None);
        assert_eq!(quoted_of(odd[..2].iter().copied()).unwrap(), r#""\351""#);
        assert_eq!(
            quoted_of(odd).unwrap(),
            r#""\351", "\352", "\353" and 1 more"#
        );
    }

    proptest! {
        #[test]
        fn text_and_bytes_are_inverse(name in proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b'\\'), Just(b'3'), Just(b'\n'), any::<u8>()], 0..12,
        )) {
            prop_assert_eq!(bytes(&text(&name)).into_owned(), name);
        }
    }
}
