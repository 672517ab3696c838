//! Groups, and everything else in parentheses.

use super::{Flags, Group, MANY, Part, Reader, Refusal, Width};

impl Reader {
    /// Reads what follows an opening parenthesis; comments and flags yield no part.
    pub(super) fn group(
        &mut self,
        flags: &mut Flags,
        first: bool,
    ) -> Result<Option<Part>, Refusal> {
        let start = self.at;
        if !self.take('?') {
            return self.numbered(*flags, None).map(Some);
        }
        let character = self
            .next()
            .ok_or_else(|| self.wrong("unexpected end of pattern"))?;
        match character {
            'P' => self.named(*flags).map(Some),
            ':' => self.inner(*flags, "(?:").map(Some),
            '>' => self.inner(*flags, "(?>").map(Some),
            '#' => {
                while self.peek().is_some_and(|character| character != ')') {
                    self.at += 1;
                }
                match self.take(')') {
                    true => Ok(None),
                    false => Err(self.wrong("missing ), unterminated comment")),
                }
            }
            '=' | '!' => self.look(*flags, character, "(?").map(Some),
            '<' => match self.next() {
                Some(character @ ('=' | '!')) => self.look(*flags, character, "(?<").map(Some),
                other => Err(self.wrong(&format!(
                    "unknown extension ?<{}",
                    other.map(String::from).unwrap_or_default()
                ))),
            },
            '(' => self.condition(*flags).map(Some),
            'a' | 'i' | 'L' | 'm' | 's' | 'u' | 'x' | '-' => {
                self.at -= 1;
                self.flags(flags, first, start)
            }
            other => Err(self.wrong(&format!("unknown extension ?{other}"))),
        }
    }

    /// That the innermost group has no end.
    fn unterminated(&self) -> Refusal {
        let start = self.open.last().copied().unwrap_or_default();
        format!("missing ), unterminated subpattern at position {start}")
    }

    /// Reads the inside of a group up to its end.
    fn inside(&mut self, mut flags: Flags) -> Result<Part, Refusal> {
        let inside = self.alternatives(&mut flags, false)?;
        match self.take(')') {
            true => Ok(inside),
            false => Err(self.unterminated()),
        }
    }

    fn inner(&mut self, flags: Flags, opening: &str) -> Result<Part, Refusal> {
        let inside = self.inside(flags)?;
        Ok(Part::new(
            format!("{opening}{})", inside.text),
            inside.width,
        ))
    }

    /// A look ahead, or behind for `(?<`. It can be repeated, which the engine supports for groups only.
    fn look(&mut self, flags: Flags, character: char, opening: &str) -> Result<Part, Refusal> {
        let inside = self.inside(flags)?;
        if opening == "(?<" && inside.width.least != inside.width.most {
            return Err(self.wrong("look-behind requires fixed-width pattern"));
        }
        let text = format!("(?:{opening}{character}{}))", inside.text);
        Ok(Part::new(text, Width::NONE))
    }

    fn numbered(&mut self, flags: Flags, name: Option<String>) -> Result<Part, Refusal> {
        let number = self.groups.len();
        if let Some(name) = name
            && self.names.insert(name.clone(), number).is_some()
        {
            return Err(self.wrong(&format!("redefinition of group name {name:?}")));
        }
        self.groups.push(Group::Open);
        let group = self.inner(flags, "(")?;
        if let Some(slot) = self.groups.get_mut(number) {
            *slot = Group::Closed(group.width);
        }
        Ok(group)
    }

    /// `(?P<name>…)` and `(?P=name)`.
    fn named(&mut self, flags: Flags) -> Result<Part, Refusal> {
        if self.take('<') {
            let name = self.until('>', "group name")?;
            self.check_name(&name)?;
            return self.numbered(flags, Some(name));
        }
        if self.take('=') {
            let name = self.until(')', "group name")?;
            self.check_name(&name)?;
            let number = self.names.get(&name).copied();
            let number =
                number.ok_or_else(|| self.wrong(&format!("unknown group name {name:?}")))?;
            return self.same_as(number);
        }
        Err(self.wrong("unknown extension ?P"))
    }

    fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let begins = |character: char| character == '_' || character.is_alphabetic();
        let goes_on = |character: char| character == '_' || character.is_alphanumeric();
        match name.starts_with(begins) && name.chars().all(goes_on) {
            true => Ok(()),
            false => Err(self.wrong(&format!("bad character in group name {name:?}"))),
        }
    }

    /// What matches the text that a group has matched.
    pub(super) fn same_as(&self, number: usize) -> Result<Part, Refusal> {
        match self.groups.get(number) {
            Some(Group::Closed(width)) => Ok(Part::new(format!(r"(?:\{number})"), *width)),
            Some(Group::Open) => Err(self.wrong("cannot refer to an open group")),
            None => Err(self.wrong(&format!("invalid group reference {number}"))),
        }
    }

    /// `(?(1)…|…)`, with the number or the name of a group.
    fn condition(&mut self, flags: Flags) -> Result<Part, Refusal> {
        let name = self.until(')', "group name")?;
        let number = if name.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = name.parse().unwrap_or(MANY);
            if number == 0 {
                return Err(self.wrong("bad group number"));
            }
            self.conditions.push(number);
            number
        } else {
            self.check_name(&name)?;
            let number = self.names.get(&name).copied();
            number.ok_or_else(|| self.wrong(&format!("unknown group name {name:?}")))?
        };
        let yes = self.branch(&mut { flags }, false, false)?;
        let mut text = format!("(?({number}){}", yes.text);
        let mut width = yes.width.or(Width::NONE);
        if self.take('|') {
            let no = self.branch(&mut { flags }, false, false)?;
            if self.peek() == Some('|') {
                return Err(self.wrong("conditional backref with more than two branches"));
            }
            text = format!("{text}|{}", no.text);
            width = yes.width.or(no.width);
        }
        match self.take(')') {
            true => Ok(Part::new(format!("(?:{text}))"), width)),
            false => Err(self.unterminated()),
        }
    }

    /// Flags for everything that follows, at the beginning, or for a group.
    fn flags(
        &mut self,
        flags: &mut Flags,
        first: bool,
        start: usize,
    ) -> Result<Option<Part>, Refusal> {
        let on = self.while_fits(MANY, |character| "aiLmsux".contains(character));
        if on.contains('L') {
            return Err(self.wrong("bad inline flags: cannot use 'L' flag with a str pattern"));
        }
        if on.contains('a') && on.contains('u') {
            return Err(self.wrong("bad inline flags: flags 'a', 'u' and 'L' are incompatible"));
        }
        if self.take(')') {
            if !first {
                return Err(format!(
                    "global flags not at the start of the expression at position {}",
                    start.saturating_sub(1)
                ));
            }
            self.global.push_str(&on);
            if self.global.contains('a') && self.global.contains('u') {
                return Err("ASCII and UNICODE flags are incompatible".to_owned());
            }
            flags.turn(&on, true);
            return Ok(None);
        }
        let mut off = String::new();
        if self.take('-') {
            off = self.while_fits(MANY, |character| "imsx".contains(character));
            if off.is_empty() {
                return Err(self.wrong("missing flag"));
            }
        }
        if off.chars().any(|flag| on.contains(flag)) {
            return Err(self.wrong("bad inline flags: flag turned on and off"));
        }
        if !self.take(':') {
            return Err(self.wrong(match self.peek() {
                None => "missing -, : or )",
                Some(_) => "unknown flag",
            }));
        }
        let mut inner = *flags;
        inner.turn(&on, true);
        inner.turn(&off, false);
        let opening = match inner.ignore_case {
            true => "(?i:",
            false => "(?-i:",
        };
        self.inner(inner, opening).map(Some)
    }
}

impl Flags {
    fn turn(&mut self, named: &str, to: bool) {
        for flag in named.chars() {
            match flag {
                'i' => self.ignore_case = to,
                'm' => self.lines = to,
                's' => self.dot_all = to,
                'x' => self.verbose = to,
                'a' => self.ascii = to,
                // `u` is how texts are read anyway, but not within `a`.
                _ => self.ascii = false,
            }
        }
    }
}
