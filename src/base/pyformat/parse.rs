//! Takes a template apart.

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that stands for itself.
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

/// The parts of a template, in order; ends with the first mistake.
pub fn parts(template: &str) -> impl Iterator<Item = Result<Part<'_>, String>> {
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
fn brace(text: &[u8]) -> Option<usize> {
    const STEP: usize = 16;
    let is_brace = |byte: &u8| (*byte == b'{') | (*byte == b'}');
    // Without a way out of the loop several bytes are looked at in one step.
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | is_brace(byte));
    let step = text.chunks(STEP).position(any)?;
    let inside = text.get(step * STEP..)?.iter().position(is_brace)?;
    Some(step * STEP + inside)
}

fn next<'t>(rest: &mut &'t str) -> Result<Part<'t>, String> {
    let text = *rest;
    match brace(text.as_bytes()) {
        None => {
            *rest = "";
            Ok(Part::Text(text))
        }
        Some(0) => {
            let (open, after) = (text.starts_with('{'), &text[1..]);
            if let Some(after) = after.strip_prefix(if open { '{' } else { '}' }) {
                *rest = after;
                return Ok(Part::Brace(if open { '{' } else { '}' }));
            }
            if !open {
                return Err("there is a single `}`; double it if it is meant".to_owned());
            }
            if after.is_empty() {
                return Err("there is a single `{`; double it if it is meant".to_owned());
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
    let unclosed = || "a field has no `}`".to_owned();
    let mut in_brackets = false;
    let mut end = None;
    for (at, c) in text.char_indices() {
        match c {
            '{' => return Err("a field's name has a `{`".to_owned()),
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            '}' | ':' | '!' if !in_brackets => {
                end = Some((at, c));
                break;
            }
            _ => {}
        }
    }
    let (at, mut mark) = end.ok_or_else(unclosed)?;
    let (path, mut after) = (&text[..at], &text[at + 1..]);
    let mut conversion = None;
    if mark == '!' {
        let mut chars = after.chars();
        conversion = match chars.next() {
            None | Some('}') => return Err("a conversion is missing after `!`".to_owned()),
            Some(c) => Some(c),
        };
        mark = match chars.next() {
            Some(c @ (':' | '}')) => c,
            None => return Err(unclosed()),
            Some(_) => return Err("`:` or `}` is missing after a conversion".to_owned()),
        };
        after = chars.as_str();
    }
    let mut spec = "";
    if mark == ':' {
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
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (name, mut rest) = path.split_at(end);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            steps.push(Step::Attribute(&after[..end]));
            rest = &after[end..];
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = after
                .find(']')
                .ok_or_else(|| "a `[` has no `]`".to_owned())?;
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
