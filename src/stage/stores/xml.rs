//! XML as manifests have it: elements with attributes and texts.
//!
//! Names keep their prefixes. There are no entities but those of XML itself, and no definitions of documents:
//! neither has a place in a manifest, and both can make a small file large.

use super::element::{Builder, Element};

/// Why a text is not XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the XML is not valid: {0}")]
pub struct XmlError(pub &'static str);

impl From<&'static str> for XmlError {
    fn from(why: &'static str) -> Self {
        Self(why)
    }
}

/// Reads a document; returns its root.
///
/// # Errors
/// [`XmlError`].
pub fn read(text: &str) -> Result<Element, XmlError> {
    let mut builder = Builder::default();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        builder.text(&unescape(&rest[..at])?)?;
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = behind(after, "-->").ok_or(XmlError("a comment does not end"))?;
        } else if let Some(after) = rest.strip_prefix("<?") {
            rest = behind(after, "?>").ok_or(XmlError("an instruction does not end"))?;
        } else if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let end = after.find("]]>").ok_or(XmlError("a text does not end"))?;
            builder.text(&after[..end])?;
            rest = &after[end + 3..];
        } else if rest.starts_with("<!") {
            return Err(XmlError("document type definitions are not supported"));
        } else if let Some(after) = rest.strip_prefix("</") {
            let end = after.find('>').ok_or(XmlError("an element does not end"))?;
            let is_open = builder.name() == after[..end].trim_end();
            builder.close()?;
            if !is_open {
                return Err(XmlError("an end tag does not match its start tag"));
            }
            rest = &after[end + 1..];
        } else {
            let (is_empty, after) = start(&mut builder, &rest[1..])?;
            rest = after;
            if is_empty {
                builder.close()?;
            }
        }
    }
    builder.text(rest)?;
    Ok(builder.finish()?)
}

/// Reads a property list: XML that names its document type, but does not define it.
///
/// # Errors
/// [`XmlError`].
pub fn read_properties(text: &str) -> Result<Element, XmlError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let Some(at) = text.find("<!DOCTYPE") else {
        return read(text);
    };
    // Only an instruction and comments may come before it; the text between them is checked with the rest.
    let (before, rest) = text.split_at(at);
    let mut before = before.trim();
    loop {
        let after = match (before.strip_prefix("<?"), before.strip_prefix("<!--")) {
            (Some(after), _) => behind(after, "?>"),
            (_, Some(after)) => behind(after, "-->"),
            _ => break,
        };
        before = after
            .ok_or(XmlError("a comment does not end"))?
            .trim_start();
    }
    let end = rest
        .find('>')
        .ok_or(XmlError("the document type does not end"))?;
    if !before.is_empty() || rest[..end].contains('[') {
        return Err(XmlError("document type definitions are not supported"));
    }
    read(&rest[end + 1..])
}

fn behind<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    text.find(end).map(|at| &text[at + end.len()..])
}

/// Reads the beginning of an element; returns whether it ends at once, and the rest.
fn start<'t>(builder: &mut Builder, text: &'t str) -> Result<(bool, &'t str), XmlError> {
    let end = text.find(|sign: char| sign.is_whitespace() || sign == '/' || sign == '>');
    let end = end.ok_or(XmlError("an element does not end"))?;
    if end == 0 {
        return Err(XmlError("an element has no name"));
    }
    builder.open(text[..end].to_owned())?;
    let mut rest = text[end..].trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((false, after));
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
        let name = name.trim_end();
        if name.is_empty() || name.contains(['<', '>', '"']) {
            return Err(XmlError("an attribute has no name"));
        }
        builder.attribute(name.to_owned(), unescape(&value[..end])?)?;
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
    fn attributes_and_elements_are_limited() {
        let attributes = |count: usize| {
            let attributes: String = (0..count).map(|at| format!(" a{at}=''")).collect();
            read(&format!("<a{attributes}/>"))
        };
        assert!(attributes(256).is_ok());
        let refused = attributes(257);
        assert_eq!(refused, Err(XmlError("an element has too many attributes")));
        let large = format!("<a>{}</a>", "<b/>".repeat(600_000));
        assert_eq!(read(&large), Err(XmlError("it is too large")));
    }

    #[test]
    fn a_document_type_is_named_but_not_defined() {
        let list = "<plist><dict/></plist>";
        for head in [
            "",
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- a -->\n<!DOCTYPE plist PUBLIC \"a\" \"b\">\n",
        ] {
            let root = read_properties(&format!("{head}{list}")).unwrap();
            assert_eq!(root.children[0].name, "dict");
        }
        for text in [
            "<!DOCTYPE plist [<!ENTITY a \"b\">]><plist/>",
            "<!DOCTYPE plist><!DOCTYPE plist><plist/>",
            "<a/><!DOCTYPE plist><plist/>",
            "<!DOCTYPE plist",
            "a<!DOCTYPE plist><plist/>",
        ] {
            assert!(read_properties(text).is_err(), "{text}");
        }
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
            let _ = read_properties(&text);
        }
    }
}
