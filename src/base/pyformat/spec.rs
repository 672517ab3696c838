//! Format specs: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

/// A format spec, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    /// What pads the value; a blank when it is not given.
    pub fill: Option<char>,
    /// `<`, `>`, `^` or `=`.
    pub align: Option<char>,
    /// `+`, `-` or a blank.
    pub sign: Option<char>,
    /// `z`: what rounds to zero has no minus.
    pub unsigned_zero: bool,
    /// `#`: with `0x`, or with a point in any case.
    pub alternate: bool,
    /// `0` before the width.
    pub zero: bool,
    /// The least width.
    pub width: usize,
    /// `,` or `_` between groups of digits.
    pub grouping: Option<char>,
    /// The precision.
    pub precision: Option<usize>,
    /// The type.
    pub kind: Option<char>,
}

/// Wider or more precise than this, a value is refused: templates come from files.
const LIMIT: usize = 10_000;

impl Spec {
    /// Reads a spec.
    pub fn parse(text: &str) -> Option<Self> {
        let mut spec = Self::default();
        let chars: Vec<char> = text.chars().collect();
        let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^' | '='));
        let mut at = 0;
        if is_align(chars.get(1)) {
            (spec.fill, spec.align, at) = (chars.first().copied(), chars.get(1).copied(), 2);
        } else if is_align(chars.first()) {
            (spec.align, at) = (chars.first().copied(), 1);
        }
        if let Some(sign @ ('+' | '-' | ' ')) = chars.get(at) {
            (spec.sign, at) = (Some(*sign), at + 1);
        }
        if chars.get(at) == Some(&'z') {
            (spec.unsigned_zero, at) = (true, at + 1);
        }
        if chars.get(at) == Some(&'#') {
            (spec.alternate, at) = (true, at + 1);
        }
        if chars.get(at) == Some(&'0') {
            (spec.zero, at) = (true, at + 1);
        }
        let (width, next) = digits(&chars, at)?;
        (spec.width, at) = (width.unwrap_or(0), next);
        if let Some(group @ (',' | '_')) = chars.get(at) {
            (spec.grouping, at) = (Some(*group), at + 1);
        }
        if chars.get(at) == Some(&'.') {
            let (precision, next) = digits(&chars, at + 1)?;
            (spec.precision, at) = (Some(precision?), next);
        }
        if let Some(kind) = chars.get(at) {
            (spec.kind, at) = (Some(*kind), at + 1);
        }
        (at == chars.len()).then_some(spec)
    }

    /// Pads a text to the width; `default` is the alignment when none is given.
    pub fn pad(&self, text: &str, default: char) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let zero = if self.zero { '0' } else { ' ' };
        let fill = self.fill.unwrap_or(zero);
        let (left, right) = match self.align.unwrap_or(default) {
            '<' => (0, missing),
            '^' => (missing / 2, missing - missing / 2),
            _ => (missing, 0),
        };
        let pad = |count: usize| std::iter::repeat_n(fill, count);
        pad(left).chain(text.chars()).chain(pad(right)).collect()
    }
}

fn digits(chars: &[char], start: usize) -> Option<(Option<usize>, usize)> {
    let count = chars[start.min(chars.len())..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .count();
    if count == 0 {
        return Some((None, start));
    }
    let text: String = chars[start..start + count].iter().collect();
    let number = text
        .parse::<usize>()
        .ok()
        .filter(|number| *number <= LIMIT)?;
    Some((Some(number), start + count))
}
