//! Messages about tasks: who gets them, and what they say.
//!
//! A route of a task names a recipient and the event: `notify.email.a@example.com.on-completed`. What is said is in
//! `extra.notify` of the task.

use crate::base::value::Value;

/// The ways to reach somebody.
const WAYS: &[&str] = &["email", "matrix-room", "slack-channel", "pulse"];

/// The events that are reported.
const EVENTS: &[&str] = &[
    "on-any",
    "on-completed",
    "on-defined",
    "on-exception",
    "on-failed",
    "on-pending",
    "on-resolved",
    "on-running",
    "on-transition",
];

/// A recipient of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// How the message is sent.
    pub way: String,
    /// To whom.
    pub address: String,
    /// When.
    pub event: String,
}

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// The route is none that the service knows.
    #[error(
        "the route {0} is not a route of the notification service, such as notify.email.ADDRESS.on-completed"
    )]
    Route(String),
    /// The address is none.
    #[error("{0:?} is not an address for {1}")]
    Address(String, String),
    /// A staging release would write to a list of people who wait for real ones.
    #[error("{0} would be notified of a staged release")]
    ReleaseList(String),
    /// A name in braces was not filled in.
    #[error("{field} contains {name}, which was not filled in")]
    Unresolved {
        /// The field.
        field: String,
        /// The name with its braces.
        name: String,
    },
    /// An email has no subject or no content.
    #[error("{0} is empty")]
    Empty(String),
}

/// Reads a route; `None` if it is not about messages.
///
/// # Errors
/// [`NoticeError::Route`], [`NoticeError::Address`].
pub fn recipient(route: &str) -> Option<Result<Recipient, NoticeError>> {
    let rest = route.strip_prefix("notify.")?;
    let way = WAYS.iter().find_map(|way| {
        let rest = rest.strip_prefix(way)?.strip_prefix('.')?;
        Some((*way, rest))
    });
    let event = way.and_then(|(way, rest)| {
        let (address, event) = rest.rsplit_once('.')?;
        EVENTS.contains(&event).then_some((way, address, event))
    });
    let Some((way, address, event)) = event else {
        return Some(Err(NoticeError::Route(route.to_owned())));
    };
    if !is_address(way, address) {
        return Some(Err(NoticeError::Address(
            address.to_owned(),
            way.to_owned(),
        )));
    }
    Some(Ok(Recipient {
        way: way.to_owned(),
        address: address.to_owned(),
        event: event.to_owned(),
    }))
}

fn is_address(way: &str, address: &str) -> bool {
    let is_plain = !address.is_empty() && !address.contains(char::is_whitespace);
    match way {
        "email" => {
            let parts: Vec<&str> = address.split('@').collect();
            let [name, host] = parts[..] else {
                return false;
            };
            is_plain
                && !name.is_empty()
                && host.split('.').count() > 1
                && host.split('.').all(|part| !part.is_empty())
        }
        "matrix-room" => is_plain && address.starts_with('!') && address.contains(':'),
        _ => is_plain,
    }
}

impl Recipient {
    /// Whether people get the message because they wait for releases, as the name of the address says.
    #[must_use]
    pub fn is_release_list(&self) -> bool {
        let name = match self.way.as_str() {
            "email" => self.address.split('@').next().unwrap_or_default(),
            "matrix-room" | "slack-channel" => self.address.as_str(),
            _ => return false,
        };
        let name = name.to_ascii_lowercase();
        let words = name.split(|sign: char| !sign.is_ascii_alphanumeric());
        let mut words = words.filter(|word| !word.is_empty());
        words.any(|word| ["release", "releases", "relman", "drivers", "signoff"].contains(&word))
    }
}

/// The texts of the messages of a task, by the field that they are in.
#[must_use]
pub fn texts(notify: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect("extra.notify", notify, 0, &mut found);
    found
}

fn collect(path: &str, value: &Value, depth: usize, found: &mut Vec<(String, String)>) {
    if depth > 16 {
        return;
    }
    match value {
        Value::String(text) => found.push((path.to_owned(), text.to_string())),
        Value::Object(map) => {
            for (key, value) in map.iter() {
                collect(&format!("{path}.{key}"), value, depth + 1, found);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                collect(&format!("{path}[{i}]"), item, depth + 1, found);
            }
        }
        _ => {}
    }
}

/// The first name in braces that was not filled in. The service itself fills in `${…}`.
#[must_use]
pub fn unresolved(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let is_for_service = rest[..at].ends_with('$');
        let behind = &rest[at + 1..];
        let name = behind.find('}').map(|end| &behind[..end]);
        let is_name = name.is_some_and(|name| {
            let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "_-.[]'\"".contains(sign);
            name.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_')
                && name.chars().all(is_sign)
        });
        if is_name && !is_for_service {
            return name.map(|name| &rest[at..at + name.len() + 2]);
        }
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(route: &str) -> Recipient {
        recipient(route).unwrap().unwrap()
    }

    #[test]
    fn routes_are_read() {
        let email = read("notify.email.a.b@example.com.on-completed");
        assert_eq!(
            (email.address.as_str(), email.event.as_str()),
            ("a.b@example.com", "on-completed")
        );
        assert_eq!(
            read("notify.matrix-room.!abc:example.com.on-failed").way,
            "matrix-room"
        );
        assert!(recipient("index.a.b").is_none());
        for route in [
            "notify.email.a@b.c",
            "notify.pigeon.a.on-any",
            "notify.email.ab.on-any",
            "notify.email.a@b.on-any",
            "notify.matrix-room.abc.on-any",
        ] {
            assert!(recipient(route).unwrap().is_err(), "{route}");
        }
    }

    #[test]
    fn lists_of_releases_are_known_by_their_names() {
        for address in [
            "release-drivers@example.com",
            "release+x@example.com",
            "all.releases@example.com",
        ] {
            assert!(
                read(&format!("notify.email.{address}.on-any")).is_release_list(),
                "{address}"
            );
        }
        assert!(read("notify.matrix-room.!releases:example.com.on-any").is_release_list());
        for address in ["me@release.example.com", "prerelease@example.com"] {
            assert!(
                !read(&format!("notify.email.{address}.on-any")).is_release_list(),
                "{address}"
            );
        }
    }

    #[test]
    fn braces_are_found() {
        assert_eq!(
            unresolved("a {config[params][version]} b"),
            Some("{config[params][version]}")
        );
        assert_eq!(unresolved("{product}"), Some("{product}"));
        for text in ["${status}", "{}", "{ a }", "{\"a\": 1}", "a"] {
            assert_eq!(unresolved(text), None, "{text}");
        }
    }
}
