//! What the update server offers: the elements of its answer.

use std::collections::BTreeMap;

/// An update that is offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The attributes of the update.
    pub attributes: BTreeMap<String, String>,
    /// The attributes of its files.
    pub patches: Vec<BTreeMap<String, String>>,
}

impl Offer {
    /// Reads an answer; `None` if it offers nothing.
    ///
    /// Answers are not always XML: values are not escaped there, except ampersands. So they are read as
    /// clients' own tests do, element by element.
    #[must_use]
    pub fn read(answer: &str) -> Option<Self> {
        let mut offer: Option<Self> = None;
        let mut rest = answer;
        while let Some((_, element)) = rest.split_once('<') {
            rest = element;
            let is_update = element.starts_with("update ");
            if !is_update && !element.starts_with("patch ") {
                continue;
            }
            let Some((attributes, after)) = attributes(element) else {
                continue;
            };
            match &mut offer {
                Some(_) if is_update => break,
                Some(offer) => offer.patches.push(attributes),
                None if is_update => {
                    offer = Some(Self {
                        attributes,
                        patches: Vec::new(),
                    });
                }
                None => {}
            }
            rest = after;
        }
        offer
    }

    /// An attribute of the update; empty if it is missing.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    /// The file of a type.
    #[must_use]
    pub fn patch(&self, kind: &str) -> Option<Patch<'_>> {
        let mut patches = self.patches.iter();
        let found = patches.find(|patch| patch.get("type").is_some_and(|own| own == kind))?;
        let text = |name: &str| found.get(name).map_or("", String::as_str);
        Some(Patch {
            address: text("URL"),
            hash_function: text("hashFunction"),
            hash: text("hashValue"),
            size: text("size"),
        })
    }

    /// The attributes that the release's own script would not read as they are: it gives the values to the
    /// shell, which expands them.
    #[must_use]
    pub fn expanded(&self) -> Vec<(&str, &str)> {
        let all = self.patches.iter().chain([&self.attributes]).flatten();
        all.filter(|(_, value)| value.contains(['$', '`']))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

/// A file of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch<'o> {
    /// Its address.
    pub address: &'o str,
    /// The name of the function of its hash.
    pub hash_function: &'o str,
    /// Its hash.
    pub hash: &'o str,
    /// Its size in bytes, as text.
    pub size: &'o str,
}

/// The attributes of an element, and what follows it.
fn attributes(element: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut found = BTreeMap::new();
    let name = element.find([' ', '>', '\n'])?;
    let mut rest = element.get(name..)?;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return Some((found, after));
        }
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        found.insert(name.to_owned(), value.replace("&amp;", "&"));
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_is_read() {
        let answer = "<?xml version=\"1.0\"?>\n<updates>\n    <update appVersion=\"92.0\" buildID=\"5\" detailsURL=\"https://a/?b&amp;c<d>\">\n        <patch type=\"complete\" URL=\"https://a/?product=x&amp;os=y\" hashFunction=\"sha512\" hashValue=\"00\" size=\"7\"/>\n    </update>\n</updates>";
        let offer = Offer::read(answer).unwrap();
        assert_eq!(offer.attribute("buildID"), "5");
        assert_eq!(offer.attribute("detailsURL"), "https://a/?b&c<d>");
        assert_eq!(offer.attribute("other"), "");
        let patch = offer.patch("complete").unwrap();
        assert_eq!(patch.address, "https://a/?product=x&os=y");
        assert_eq!((patch.size, patch.hash), ("7", "00"));
        assert_eq!(offer.patch("partial"), None);
        assert_eq!(offer.expanded(), []);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(<update |<patch |a=\"|\"|/>|>|\n|.){0,20}") {
            let _ = Offer::read(&text);
        }
    }

    #[test]
    fn nothing_is_offered() {
        for answer in [
            "",
            "<updates>\n</updates>",
            "<update",
            "<update a=\"",
            "<patch a=\"b\"/>",
        ] {
            assert_eq!(Offer::read(answer), None, "{answer}");
        }
        let odd = Offer::read("<update a=\"$(b)\"></update>").unwrap();
        assert_eq!(odd.expanded(), [("a", "$(b)")]);
        assert!(odd.patches.is_empty());
    }
}
