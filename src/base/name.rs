//! Names that are checked once, where they enter, and trusted afterwards.
//!
//! Each has a private field, one constructor and one error, so that no bare string is
//! used elsewhere as a label or a taskId.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::value::{Str, Value, text};

/// Explains why a string is not the name that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The string is empty.
    #[error("{what} is empty")]
    Empty {
        /// What the name should have been.
        what: &'static str,
    },
    /// The string holds a character that the name may not have.
    #[error("{what} {name:?} contains an invalid character: {character:?}")]
    Character {
        /// What the name should have been.
        what: &'static str,
        /// The string.
        name: String,
        /// The first offending character.
        character: char,
    },
}

fn check(what: &'static str, name: &str, allowed: impl Fn(char) -> bool) -> Result<Str, NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what });
    }
    match name.chars().find(|c| !allowed(*c)) {
        Some(character) => Err(NameError::Character {
            what,
            name: name.to_owned(),
            character,
        }),
        None => Ok(text(name)),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Str);

        impl $type {
            /// Checks `name`.
            ///
            /// # Errors
            /// [`NameError`] when it is empty or contains an invalid character.
            pub fn parse(name: &str) -> Result<Self, NameError> {
                check($what, name, $allowed).map(Self)
            }

            /// The name as a string.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(name: String) -> Result<Self, NameError> {
                Self::parse(&name)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.into()
            }
        }

        impl From<&$type> for Value {
            fn from(name: &$type) -> Value {
                Value::String(name.0.clone())
            }
        }
    };
}

name!(
    /// Names one task of a graph, e.g. `build-linux64/opt`.
    Label,
    "label",
    |c| !c.is_control()
);
name!(
    /// Names a kind: a folder with a `kind.yml`.
    KindName,
    "kind",
    |c| !c.is_control() && c != '/' && c != '\\'
);
name!(
    /// Names a task on the queue.
    ///
    /// The queue itself only takes slugids ([`TaskId::is_slugid`]); a graph shown locally has the
    /// placeholder `DECISION-TASK` for the decision task, as the peer has.
    TaskId,
    "taskId",
    |c| c.is_ascii_alphanumeric() || c == '-' || c == '_'
);
name!(
    /// Names a task in the index, e.g. `gecko.v2.mozilla-central.latest.firefox.linux64-opt`.
    IndexPath,
    "index path",
    |c| !c.is_control()
);

impl TaskId {
    /// The name of the decision task in graphs that are only shown.
    pub const PLACEHOLDER: &'static str = "DECISION-TASK";

    /// The name of the decision task where definitions are checked against the rules for real ones,
    /// as in `verify`: it has the form and length of any taskId.
    pub const STAND_IN: &'static str = "DecisionT--stand-in--A";

    /// The name of the action task in dry runs of actions.
    pub const ACTION_PLACEHOLDER: &'static str = "ACTION-TASK";

    /// Makes the taskId of the bytes of a v4 UUID in "nice" form: it never begins with a dash.
    ///
    /// The version and variant bits are set here; those of the bytes are ignored.
    #[must_use]
    pub fn from_uuid_bytes(mut bytes: [u8; 16]) -> Self {
        use base64::Engine;
        bytes[0] &= 0x7f;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(
            base64::engine::general_purpose::URL_SAFE_NO_PAD
                .encode(bytes)
                .into(),
        )
    }

    /// Makes the taskId that follows from a digest: its first 16 bytes are those of the UUID.
    #[must_use]
    pub fn from_digest(digest: &[u8]) -> Self {
        let mut bytes = [0u8; 16];
        for (byte, from) in bytes.iter_mut().zip(digest) {
            *byte = *from;
        }
        Self::from_uuid_bytes(bytes)
    }

    /// Whether this is a placeholder for a task that does not exist: locally, for the one that
    /// would run.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        [Self::PLACEHOLDER, Self::STAND_IN, Self::ACTION_PLACEHOLDER].contains(&self.as_str())
    }

    /// Whether this is a slugid as the queue wants it (`schemas/queue/v1`, `slugid`).
    #[must_use]
    pub fn is_slugid(&self) -> bool {
        let bytes = self.0.as_bytes();
        bytes.len() == 22
            && b"QRST".contains(&bytes[8])
            && b"CGKOSWaeimquy26-".contains(&bytes[10])
            && b"AQgw".contains(&bytes[21])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_names_are_refused() {
        assert_eq!(
            Label::parse("").map_err(|e| e.to_string()),
            Err("label is empty".to_owned())
        );
        assert!(Label::parse("a\nb").is_err());
        assert!(KindName::parse("../x").is_err());
        assert!(TaskId::parse("a/b").is_err());
        assert_eq!(
            TaskId::parse("DECISION-TASK").map(|id| id.is_slugid()),
            Ok(false)
        );
    }

    #[test]
    fn the_placeholder_is_a_valid_task_id() {
        let id = TaskId::parse(TaskId::STAND_IN).unwrap();
        assert!(id.is_slugid() && id.is_placeholder());
    }

    #[test]
    fn derived_task_ids_are_nice_slugids() {
        for fill in [0u8, 0x55, 0xaa, 0xff] {
            let id = TaskId::from_uuid_bytes([fill; 16]);
            assert!(id.is_slugid(), "{id}");
            assert!(!id.as_str().starts_with('-'));
        }
    }
}
