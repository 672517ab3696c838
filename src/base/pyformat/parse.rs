//! Parses a template.

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Literal text.
    Text(&'t str),
    /// A brace that was doubled.
    Brace(char),
    /// A field.
    Field(Field<'t>),
}

/// A field of a template.
#[derive(Debug, PartialEq, Eq)]
pub struct Field<'t> {
    /// The name that it begins with.
    pub name: &'t str,
    /// The steps from there.
    pub steps: Vec<Step<'t>>,
    /// The conversion after `!`.
    pub conversion: Option<char>,
    /// The format spec after `:`.
    pub spec: &'t str,
}

/// A step into a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'t> {
    /// `.name`
    Attribute(&'t str),
    /// `[key]`
    Index(&'t str),
}

/// A part, or the mistake in its place.
pub type Parsed<'t> = Result<Part<'t>, String>;

/// The parts of a template, in order; ends with the first mistake.
pub fn parts(template: &str) -> impl Iterator<Item = Parsed<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let part = next(&mut rest);
        if part.is_err() {
            rest = "";
        }
        Some(part)
    })
}

/// The place of the first brace.
pub fn brace(text: &str) -> Option<usize> {
    memchr::memchr2(b'{', b'}', text.as_bytes())
}

fn next<'t>(rest: &mut &'t str) -> Parsed<'t> {
    let text = *rest;
    match brace(text) {
        None => {
            *rest = "";
            Ok(Part::Text(text))
        }
        Some(0) => {
            let (brace, after) = (text.as_bytes()[0], &text[1..]);
            let open = brace == b'{';
            if after.as_bytes().first() == Some(&brace) {
                *rest = &after[1..];
                return Ok(Part::Brace(char::from(brace)));
            }
            if !open {
                return Err("single `}`; write literal braces twice".to_owned());
            }
            if after.is_empty() {
                return Err("single `{`; write literal braces twice".to_owned());
            }
            let (field, after) = field(after)?;
            *rest = after;
            Ok(Part::Field(field))
        }
        Some(at) => {
            *rest = &text[at..];
            Ok(Part::Text(&text[..at]))
        }
    }
}

/// The field that `text` begins with, without its opening brace, and what follows it.
fn field(text: &str) -> Result<(Field<'_>, &str), String> {
    let unclosed = || "a field is not closed with `}`".to_owned();
    let mut in_brackets = false;
    let mut end = None;
    for (at, c) in text.bytes().enumerate() {
        match c {
            b'{' => return Err("unexpected `{` in a field name".to_owned()),
            b'[' => in_brackets = true,
            b']' => in_brackets = false,
            b'}' | b':' | b'!' if !in_brackets => {
                end = Some((at, c));
                break;
            }
            _ => {}
        }
    }
    let (at, mut mark) = end.ok_or_else(unclosed)?;
    let (path, mut after) = (&text[..at], &text[at + 1..]);
    let mut conversion = None;
    if mark == b'!' {
        let mut chars = after.chars();
        conversion = match chars.next() {
            None | Some('}') => return Err("missing conversion after `!`".to_owned()),
            Some(c) => Some(c),
        };
        mark = match chars.next() {
            Some(':') => b':',
            Some('}') => b'}',
            None => return Err(unclosed()),
            Some(_) => return Err("expected `:` or `}` after a conversion".to_owned()),
        };
        after = chars.as_str();
    }
    let mut spec = "";
    if mark == b':' {
        let mut depth = 1usize;
        let close = after.char_indices().find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let (close, _) = close.ok_or_else(unclosed)?;
        (spec, after) = (&after[..close], &after[close + 1..]);
    }
    let (name, steps) = path_steps(path)?;
    Ok((
        Field {
            name,
            steps,
            conversion,
            spec,
        },
        after,
    ))
}

fn path_steps(path: &str) -> Result<(&str, Vec<Step<'_>>), String> {
    // Few are longer than some letters.
    let step = |text: &str| {
        let step = text.bytes().position(|byte| matches!(byte, b'.' | b'['));
        step.unwrap_or(text.len())
    };
    let (name, mut rest) = path.split_at(step(path));
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let (name, behind) = after.split_at(step(after));
            steps.push(Step::Attribute(name));
            rest = behind;
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = after.bytes().position(|byte| byte == b']');
            let end = end.ok_or_else(|| "a `[` is not closed with `]`".to_owned())?;
            steps.push(Step::Index(&after[..end]));
            rest = &after[end + 1..];
        } else {
            return Err("only `.` or `[` can follow a `]`".to_owned());
        }
    }
    let empty = |step: &Step<'_>| matches!(step, Step::Attribute("") | Step::Index(""));
    if steps.iter().any(empty) {
        return Err("a field has an empty attribute".to_owned());
    }
    Ok((name, steps))
}
