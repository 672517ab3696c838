//! Rust text without comments and literals, and its tokens.

/// A token of Rust, as far as paths need them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// An identifier or a keyword.
    Word(&'a str),
    /// `::`
    PathSeparator,
    /// Any other character.
    Sign(char),
}

/// The tokens of a text from [`without_comments`], each with its line.
pub fn tokens(code: &str) -> Vec<(Token<'_>, usize)> {
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let length = if is_of_word(first) {
                let word = word(rest);
                found.push((Token::Word(word), index + 1));
                word.len()
            } else if rest.starts_with("::") {
                found.push((Token::PathSeparator, index + 1));
                2
            } else if first == '\'' {
                1 + word(&rest[1..]).len()
            } else {
                if !first.is_whitespace() {
                    found.push((Token::Sign(first), index + 1));
                }
                first.len_utf8()
            };
            rest = &rest[length..];
        }
    }
    found
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(text: &str) -> &str {
    let end = text.find(|c| !is_of_word(c));
    &text[..end.unwrap_or(text.len())]
}

/// Blanks comments, strings and characters; line ends stay where they are.
pub fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, replacement) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            'r' if raw_string(rest).is_some() && !ends_in_word(&code) => {
                (raw_string(rest).unwrap(), false)
            }
            '"' => (string(rest), false),
            '\'' => {
                let length = character(rest);
                (length, length == 1)
            }
            other => (other.len_utf8(), true),
        };
        let piece = &rest[..length];
        if replacement {
            code.push_str(piece);
        } else {
            code.push(' ');
            code.extend(piece.chars().filter(|c| *c == '\n'));
        }
        rest = &rest[length..];
    }
    code
}

fn ends_in_word(code: &str) -> bool {
    // The `b` of a byte string precedes the `r` of a raw one.
    let mut last = code.chars().rev();
    match last.next() {
        Some('b') => last.next().is_some_and(|c| c.is_alphanumeric() || c == '_'),
        Some(c) => c.is_alphanumeric() || c == '_',
        None => false,
    }
}

fn block_comment(text: &str) -> usize {
    let mut level = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            level += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            level -= 1;
            at += 2;
            if level == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end)?;
    Some(1 + hashes + 1 + length + end.len())
}

/// The length of a character literal; that of the quote alone where a lifetime begins.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            let _ = chars.next();
            text[1..].find('\'').map_or(1, |_| {
                chars
                    .find(|(_, c)| *c == '\'')
                    .map_or(1, |(end, _)| end + 1)
            })
        }
        Some(_) => match chars.next() {
            Some((end, '\'')) => end + 1,
            _ => 1,
        },
        None => 1,
    }
}
