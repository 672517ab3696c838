//! What blobs there are.

use super::super::fault::Fault;
use crate::base::value::{Value, py_str};

/// The kinds of blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An application, with the number of its schema.
    App(u8),
    /// The message that a system is not supported any more.
    Desupport,
    /// Media plugins.
    Plugins,
    /// Several releases at once.
    Several,
    /// System add-ons.
    SystemAddons,
    /// The VPN.
    Vpn,
}

impl Kind {
    /// The kind with this number.
    #[must_use]
    pub const fn of_schema(version: u64) -> Option<Self> {
        Some(match version {
            1 => Self::App(1),
            2 => Self::App(2),
            3 => Self::App(3),
            4 => Self::App(4),
            5 => Self::App(5),
            6 => Self::App(6),
            8 => Self::App(8),
            9 => Self::App(9),
            50 => Self::Desupport,
            1000 => Self::Plugins,
            4000 => Self::Several,
            5000 => Self::SystemAddons,
            10000 => Self::Vpn,
            _ => return None,
        })
    }

    /// The number in `schema_version`.
    #[must_use]
    pub const fn schema(self) -> u64 {
        match self {
            Self::App(version) => version as u64,
            Self::Desupport => 50,
            Self::Plugins => 1000,
            Self::Several => 4000,
            Self::SystemAddons => 5000,
            Self::Vpn => 10000,
        }
    }

    /// The kind of a blob.
    ///
    /// # Errors
    /// [`Fault::Broken`] if its `schema_version` is missing or unknown.
    pub fn read(content: &Value) -> Result<Self, Fault> {
        let version = content["schema_version"].as_f64();
        let version =
            version.filter(|version| version.fract() == 0.0 && (1.0..=10_000.0).contains(version));
        let kind = version.and_then(|version| Kind::of_schema(version as u64));
        kind.ok_or_else(|| {
            let what = py_str(&content["schema_version"]);
            Fault::broken(format!(
                "there are no blobs with the `schema_version` {what}"
            ))
        })
    }
}
