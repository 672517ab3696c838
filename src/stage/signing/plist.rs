//! Property lists in XML, such as entitlements: whether they are well-formed, and what they switch on.
//!
//! Only what property lists consist of is known: a dictionary of keys and values, with its few types. Other
//! XML is refused.

use std::collections::BTreeSet;

use crate::stage::stores::element::Element;
use crate::stage::stores::xml;

/// The types whose content is text.
const TEXTS: &[&str] = &["string", "integer", "real", "date", "data"];

/// Reads the keys of a property list whose value is true.
///
/// # Errors
/// What is wrong with the list.
pub fn switched_on(content: &[u8]) -> Result<BTreeSet<String>, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned())?;
    let root = xml::read_properties(text).map_err(|error| error.to_string())?;
    if root.name != "plist" {
        return Err("it does not begin with <plist>".to_owned());
    }
    let (only, rest) = inside(&root)?.split_first().unzip();
    let only: Option<&Element> = only.filter(|only| only.name == "dict");
    let only = only.ok_or("it has no dictionary")?;
    if rest.is_some_and(|rest: &[Element]| !rest.is_empty()) {
        return Err("it does not end after the dictionary".to_owned());
    }
    let mut on = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (key, value) in pairs(only)? {
        if !seen.insert(key) {
            return Err(format!("the key {key} occurs twice"));
        }
        if value.name == "true" {
            on.insert(key.to_owned());
        }
    }
    Ok(on)
}

/// The values in one, between which there is no text.
fn inside(element: &Element) -> Result<&[Element], String> {
    match element.text.trim().is_empty() {
        true => Ok(&element.children),
        false => Err("it has text between its values".to_owned()),
    }
}

/// The text of a value.
fn text_of(element: &Element) -> Result<&str, String> {
    match element.children.is_empty() {
        true => Ok(&element.text),
        false => Err(format!("<{}> contains other values", element.name)),
    }
}

/// The keys of a dictionary, with their values, all of which are well-formed.
fn pairs(dictionary: &Element) -> Result<Vec<(&str, &Element)>, String> {
    let mut pairs = Vec::new();
    for pair in inside(dictionary)?.chunks(2) {
        let [key, rest @ ..] = pair else { continue };
        if key.name != "key" {
            return Err("a dictionary has a value without a key".to_owned());
        }
        let key = text_of(key)?;
        let [value] = rest else {
            return Err(format!("{key}: {NO_VALUE}"));
        };
        check(value).map_err(|error| format!("{key}: {error}"))?;
        pairs.push((key, value));
    }
    Ok(pairs)
}

/// Why a value is refused.
const NO_VALUE: &str = "a value is missing or of no known type";

/// Checks that a value is well-formed.
fn check(value: &Element) -> Result<(), String> {
    match value.name.as_str() {
        "dict" => pairs(value).map(|_| ()),
        "array" => inside(value)?.iter().try_for_each(check),
        "true" | "false" if value.text.is_empty() => text_of(value).map(|_| ()),
        name if TEXTS.contains(&name) => text_of(value).map(|_| ()),
        _ => Err(NO_VALUE.to_owned()),
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
            ("", "there is not exactly one root"),
            ("<html></html>", "does not begin with <plist>"),
            ("<plist><array/></plist>", "has no dictionary"),
            ("<plist><dict/><dict/></plist>", "end after the dictionary"),
            (
                "<plist><dict><key>a</key></dict></plist>",
                "a: a value is missing",
            ),
            (
                "<plist><dict><key>a</key><data>b</data><key>a</key><true/></dict></plist>",
                "the key a occurs twice",
            ),
            (
                "<plist><dict><key>a</key><integer><true/></integer></dict></plist>",
                "<integer> contains other values",
            ),
            (
                "<plist><dict><key>a</key><array>b<true/></array></dict></plist>",
                "text between",
            ),
            (
                "<plist><dict><key>a</key><true>no</true></dict></plist>",
                "of no known type",
            ),
            ("<plist><dict><true/></dict></plist>", "without a key"),
            ("<plist><dict><key>a</key><true/></dict>", "does not end"),
            ("<plist><dict><key>a</key><string>b", "does not end"),
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
                .contains("too deep")
        );
    }
}
