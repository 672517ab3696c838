//! Property lists in XML, such as entitlements: whether they are well-formed, and what they switch on.
//!
//! Only what property lists consist of is known: a dictionary of keys and values, with its few types. Other
//! XML is refused.

use std::collections::BTreeSet;

/// The most dictionaries and lists in each other.
const DEPTH: usize = 64;

/// The types without content of their own kind.
const TEXTS: &[&str] = &["string", "integer", "real", "date", "data", "key"];

/// Reads the keys of a property list whose value is true.
///
/// # Errors
/// What is wrong with the list.
pub fn switched_on(content: &[u8]) -> Result<BTreeSet<String>, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut reader = Reader { rest: text };
    let mut on = BTreeSet::new();
    match reader.tag()? {
        Some(Tag::Open("plist")) => {}
        _ => return Err("it does not begin with <plist>".to_owned()),
    }
    match reader.tag()? {
        Some(Tag::Open("dict")) => reader.dictionary(Some(&mut on), 0)?,
        Some(Tag::Empty("dict")) => {}
        _ => return Err("it has no dictionary".to_owned()),
    }
    match (reader.tag()?, reader.tag()?) {
        (Some(Tag::Close("plist")), None) => Ok(on),
        _ => Err("it does not end after the dictionary".to_owned()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Tag<'t> {
    Open(&'t str),
    Close(&'t str),
    Empty(&'t str),
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// Takes the text before a mark, and the mark.
    fn until(&mut self, mark: &str) -> Result<&'t str, String> {
        let (text, rest) = self
            .rest
            .split_once(mark)
            .ok_or_else(|| format!("it ends without {mark:?}"))?;
        self.rest = rest;
        Ok(text)
    }

    /// The next tag; `None` at the end.
    fn tag(&mut self) -> Result<Option<Tag<'t>>, String> {
        loop {
            self.rest = self
                .rest
                .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
            if self.rest.is_empty() {
                return Ok(None);
            }
            let Some(rest) = self.rest.strip_prefix('<') else {
                return Err("it has text between its values".to_owned());
            };
            if let Some(rest) = rest.strip_prefix("!--") {
                self.rest = rest;
                self.until("-->")?;
                continue;
            }
            self.rest = rest;
            let inside = self.until(">")?;
            if inside.starts_with(['?', '!']) {
                continue;
            }
            let name = |text: &'t str| text.split_whitespace().next().unwrap_or_default();
            return Ok(Some(
                match (inside.strip_prefix('/'), inside.strip_suffix('/')) {
                    (Some(text), _) => Tag::Close(name(text)),
                    (_, Some(text)) => Tag::Empty(name(text)),
                    _ => Tag::Open(name(inside)),
                },
            ));
        }
    }

    /// The text of a value whose tag was opened.
    fn text(&mut self, name: &str) -> Result<&'t str, String> {
        let text = self.until("<")?;
        match self.until(">")?.strip_prefix('/') {
            Some(closed) if closed.trim() == name => Ok(text),
            _ => Err(format!("<{name}> contains other values")),
        }
    }

    fn dictionary(
        &mut self,
        mut on: Option<&mut BTreeSet<String>>,
        depth: usize,
    ) -> Result<(), String> {
        loop {
            match self.tag()? {
                Some(Tag::Close("dict")) => return Ok(()),
                Some(Tag::Open("key")) => {}
                _ => return Err("a dictionary has a value without a key".to_owned()),
            }
            let key = self.text("key")?;
            let tag = self.tag()?;
            let is_true = matches!(tag, Some(Tag::Empty("true")));
            self.value(tag, depth)
                .map_err(|error| format!("{key}: {error}"))?;
            if let Some(on) = on.as_deref_mut().filter(|_| is_true) {
                on.insert(key.to_owned());
            }
        }
    }

    fn value(&mut self, tag: Option<Tag<'t>>, depth: usize) -> Result<(), String> {
        if depth >= DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        match tag {
            Some(Tag::Empty("true" | "false" | "string" | "data" | "dict" | "array")) => Ok(()),
            Some(Tag::Open("dict")) => self.dictionary(None, depth + 1),
            Some(Tag::Open("array")) => loop {
                match self.tag()? {
                    Some(Tag::Close("array")) => return Ok(()),
                    tag => self.value(tag, depth + 1)?,
                }
            },
            Some(Tag::Open(name)) if TEXTS.contains(&name) && name != "key" => {
                self.text(name).map(|_| ())
            }
            _ => Err("a value is missing or of no known type".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
        <!-- <plist> -->\n";

    #[test]
    fn what_is_switched_on_is_found() {
        let body = "<plist version=\"1.0\"><dict>\
            <key>com.apple.security.cs.allow-jit</key><true/>\
            <key>com.apple.security.get-task-allow</key><false/>\
            <key>list</key><array><string>a &lt; b</string><dict><key>inner</key><true/></dict></array>\
            </dict>\n</plist>\n";
        let on = switched_on(format!("{HEAD}{body}").as_bytes()).unwrap();
        assert_eq!(
            on,
            BTreeSet::from(["com.apple.security.cs.allow-jit".to_owned()])
        );
        assert_eq!(switched_on(b"<plist><dict/></plist>"), Ok(BTreeSet::new()));
    }

    #[test]
    fn damaged_lists_are_refused() {
        for (text, expected) in [
            ("", "does not begin with <plist>"),
            ("<html></html>", "does not begin with <plist>"),
            ("<plist><array/></plist>", "has no dictionary"),
            (
                "<plist><dict><key>a</key></dict></plist>",
                "a value is missing",
            ),
            ("<plist><dict><true/></dict></plist>", "without a key"),
            ("<plist><dict><key>a</key><true/></dict>", "does not end"),
            ("<plist><dict><key>a</key><true/>", "without a key"),
            ("<plist><dict><key>a</key><string>b", "ends without"),
            ("<plist><dict>text</dict></plist>", "text between"),
        ] {
            let error = switched_on(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(switched_on(b"\xff").is_err());
        let deep = format!("<plist><dict><key>a</key>{}", "<array>".repeat(100_000));
        assert!(
            switched_on(deep.as_bytes())
                .unwrap_err()
                .contains("too deeply")
        );
    }
}
