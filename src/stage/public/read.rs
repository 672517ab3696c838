//! Reads what is public, and says why it cannot be read.

use super::name::ReleaseName;
use crate::base::json;
use crate::base::value::Value;
use crate::stage::state::StateError;

/// The most releases that are read.
pub const MAX_RELEASES: usize = 200;

/// Reads what is public.
pub trait Reader {
    /// The content at an address; `None` if there is none.
    ///
    /// # Errors
    /// When it cannot be read, or has more bytes than the limit.
    fn get(&self, address: &str, limit: u64) -> Result<Option<Vec<u8>>, Unreadable>;
}

/// Reports that an address cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {address}: {why}")]
pub struct Unreadable {
    /// The address.
    pub address: String,
    /// Why.
    pub why: String,
    /// The status of an answer that has no content to read.
    pub status: Option<u16>,
}

/// Why there is no history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicError {
    /// An address cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Something that has to be there is missing.
    #[error("{address} does not exist: {what}")]
    Missing {
        /// The address.
        address: String,
        /// What it would be.
        what: &'static str,
    },
    /// An answer has another form.
    #[error("{address}: {why}")]
    Form {
        /// The address.
        address: String,
        /// What is wrong.
        why: String,
    },
    /// No rule is about the channels.
    #[error("{0}")]
    NoRules(String),
    /// More releases are offered than are read.
    #[error("{0} releases are offered, but at most {MAX_RELEASES} are read: name fewer channels")]
    TooMany(usize),
    /// The history cannot be kept.
    #[error("the history would be refused: {0}")]
    Bundle(#[from] StateError),
}

/// The addresses of the services, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// Balrog's public API.
    pub balrog: String,
    /// The archive.
    pub archive: String,
    /// The update server, if it is to be asked.
    pub updates: Option<String>,
}

/// What the history is to be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The product, as Balrog names it.
    pub product: String,
    /// The channels.
    pub channels: Vec<String>,
    /// Releases beside those that are offered.
    pub releases: Vec<ReleaseName>,
}

/// Reads JSON; `None` if there is none.
///
/// # Errors
/// When it cannot be read, or is no JSON.
pub fn read_json(
    reader: &dyn Reader,
    address: &str,
    limit: u64,
) -> Result<Option<Value>, PublicError> {
    let Some(content) = reader.get(address, limit)? else {
        return Ok(None);
    };
    let value = json::read("the answer", &content).map_err(|error| PublicError::Form {
        address: address.to_owned(),
        why: error.message,
    })?;
    Ok(Some(value))
}
