//! XML as manifests have it: elements with attributes and texts.
//!
//! Names keep their prefixes. There are no entities but those of XML itself, and no definitions of documents:
//! neither has a place in a manifest, and both can make a small file large.

/// The deepest element.
const MAX_DEPTH: usize = 64;

/// The most elements.
const MAX_ELEMENTS: usize = 2_000_000;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The text in it, without that of elements.
    pub text: String,
}

/// Why a text is not XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the XML is not valid: {0}")]
pub struct XmlError(pub &'static str);

impl Element {
    /// An attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The first element of a name in this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All elements of a name in this one.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Reads a document; returns its root.
///
/// # Errors
/// [`XmlError`].
pub fn read(text: &str) -> Result<Element, XmlError> {
    let mut open: Vec<Element> = vec![Element::default()];
    let mut rest = text;
    let mut count = 0;
    while let Some(at) = rest.find('<') {
        let between = unescape(&rest[..at])?;
        rest = &rest[at..];
        if let Some(element) = open.last_mut() {
            element.text.push_str(&between);
        }
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = behind(after, "-->").ok_or(XmlError("a comment does not end"))?;
        } else if let Some(after) = rest.strip_prefix("<?") {
            rest = behind(after, "?>").ok_or(XmlError("an instruction does not end"))?;
        } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let end = after.find("]]>").ok_or(XmlError("a text does not end"))?;
            if let Some(element) = open.last_mut() {
                element.text.push_str(&after[..end]);
            }
            rest = &after[end + 3..];
        } else if rest.starts_with("<!") {
            return Err(XmlError("document type definitions are not supported"));
        } else if let Some(after) = rest.strip_prefix("</") {
            let end = after.find('>').ok_or(XmlError("an element does not end"))?;
            let element = open.pop().filter(|_| !open.is_empty());
            let element = element.ok_or(XmlError("an element ends that has not begun"))?;
            if element.name != after[..end].trim_end() {
                return Err(XmlError("an end tag does not match its start tag"));
            }
            if let Some(parent) = open.last_mut() {
                parent.children.push(element);
            }
            rest = &after[end + 1..];
        } else {
            let (element, is_empty, after) = start(&rest[1..])?;
            rest = after;
            count += 1;
            if count > MAX_ELEMENTS || open.len() > MAX_DEPTH {
                return Err(XmlError("it has too many elements, or they are too deep"));
            }
            match open.last_mut() {
                Some(parent) if is_empty => parent.children.push(element),
                _ => open.push(element),
            }
        }
    }
    let root = open.pop().filter(|_| open.is_empty());
    let mut root = root.ok_or(XmlError("an element does not end"))?;
    if root.children.len() != 1 || !root.text.trim().is_empty() || !rest.trim().is_empty() {
        return Err(XmlError("there is not exactly one root"));
    }
    Ok(root.children.remove(0))
}

fn behind<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    text.find(end).map(|at| &text[at + end.len()..])
}

/// Reads the beginning of an element; returns whether it ends at once, and the rest.
fn start(text: &str) -> Result<(Element, bool, &str), XmlError> {
    let end = text.find(|sign: char| sign.is_whitespace() || sign == '/' || sign == '>');
    let end = end.ok_or(XmlError("an element does not end"))?;
    let mut element = Element {
        name: text[..end].to_owned(),
        ..Element::default()
    };
    if element.name.is_empty() {
        return Err(XmlError("an element has no name"));
    }
    let mut rest = text[end..].trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((element, true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((element, false, after));
        }
        let (name, after) = rest
            .split_once('=')
            .ok_or(XmlError("an attribute has no value"))?;
        let after = after.trim_start();
        let quote = after
            .chars()
            .next()
            .filter(|sign| ['"', '\''].contains(sign));
        let quote = quote.ok_or(XmlError("a value has no quotes"))?;
        let value = &after[1..];
        let end = value.find(quote).ok_or(XmlError("a value does not end"))?;
        let name = name.trim_end().to_owned();
        if name.is_empty() || name.contains(['<', '>', '"']) || element.attribute(&name).is_some() {
            return Err(XmlError("an attribute has no name, or occurs twice"));
        }
        element.attributes.push((name, unescape(&value[..end])?));
        rest = value[end + 1..].trim_start();
    }
}

fn unescape(text: &str) -> Result<String, XmlError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (name, after) = rest[at + 1..]
            .split_once(';')
            .ok_or(XmlError("`&` has no end"))?;
        let number = name
            .strip_prefix('#')
            .map(|number| match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => number.parse().ok(),
            });
        out.push(match (name, number) {
            ("amp", _) => '&',
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            (_, Some(Some(number))) => {
                char::from_u32(number).ok_or(XmlError("a character reference is invalid"))?
            }
            _ => return Err(XmlError("an entity is unknown")),
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents_are_read() {
        let root = read("<?xml version='1.0'?><!-- no -->\n<a x='1 &amp; 2' y:z=\"&#65;\"><b/>t<b>u</b><![CDATA[<]]></a>\n").unwrap();
        assert_eq!(root.attribute("x"), Some("1 & 2"));
        assert_eq!(root.attribute("y:z"), Some("A"));
        assert_eq!(root.all("b").count(), 2);
        assert_eq!(root.text, "t<");
        assert_eq!(root.children[1].text, "u");
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for text in [
            "",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "x<a/>",
            "<a b/>",
            "<a b=c/>",
            "<!DOCTYPE a><a/>",
            "<a>&x;</a>",
            "<a b='1' b='2'/>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"<a>".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[<>/a =\"'!?&;#\\-\\[\\]\u{e4}]{0,40}") {
            let _ = read(&text);
        }
    }
}
