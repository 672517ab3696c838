//! Whether an installed program takes an update, and the status that it reports if not.
//!
//! In the client's order: the signature, the MAR channel id, the version. A client has two keys built in,
//! and takes a file with exactly one signature, made with SHA-384 by one of them. The statuses are those
//! in `update.status`.

use super::check::refused;
use super::error::MarError;
use super::product_version::compare;
use super::read::Mar;
use super::sign::{Algorithm, Verdict, verify};
use crate::stage::keys::PublicKey;

/// An installed program.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The keys that are built in.
    pub keys: &'a [&'a PublicKey],
    /// The MAR channel ids of `update-settings.ini`, as they are there: between commas. When there are
    /// none, every channel is taken.
    pub channels: &'a str,
    /// The installed version.
    pub version: &'a str,
}

/// Why a client does not take an update.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file is too large to be read.
    #[error("status 6: {0}")]
    Read(MarError),
    /// The structure cannot be followed, so the signature cannot be found.
    #[error("status 19: {0}")]
    Structure(MarError),
    /// A client takes one signature.
    #[error("status 19: the file has {0} signatures; a client takes exactly one")]
    Signatures(usize),
    /// The signature is not one that the client takes.
    #[error("status 19: {0}")]
    Signature(&'static str),
    /// There is no product information.
    #[error("status 21: {0}")]
    ProductInfo(MarError),
    /// The file is for another channel.
    #[error("status 22: the MAR channel id is {channel:?}; accepted are {accepted:?}")]
    Channel {
        /// The channel of the file.
        channel: String,
        /// The channels of the client.
        accepted: String,
    },
    /// The file holds an older version.
    #[error("status 23: the update to {version:?} would replace the newer version {installed:?}")]
    Downgrade {
        /// The version in the file.
        version: String,
        /// The version of the client.
        installed: String,
    },
    /// The entries cannot be unpacked.
    #[error("status 41: {0}")]
    Contents(MarError),
}

impl Refusal {
    /// The number in `update.status`.
    #[must_use]
    pub fn status(&self) -> u32 {
        match self {
            Self::Read(_) => 6,
            Self::Structure(_) | Self::Signatures(_) | Self::Signature(_) => 19,
            Self::ProductInfo(_) => 21,
            Self::Channel { .. } => 22,
            Self::Downgrade { .. } => 23,
            Self::Contents(_) => 41,
        }
    }
}

/// Decides whether the client takes a file.
///
/// # Errors
///
/// With the first reason for which it does not.
pub fn accept(bytes: &[u8], client: Client<'_>) -> Result<(), Refusal> {
    let mar = Mar::read(bytes).map_err(|error| match error {
        MarError::TooLarge(_) => Refusal::Read(error),
        error => Refusal::Structure(error),
    })?;
    let [signature] = mar.signatures[..] else {
        return Err(Refusal::Signatures(mar.signatures.len()));
    };
    if signature.algorithm != Algorithm::Sha384.number() {
        return Err(Refusal::Signature(
            "the signature was not made with SHA-384",
        ));
    }
    let verdicts = verify(&mar, client.keys).map_err(Refusal::Structure)?;
    match verdicts[..] {
        [Verdict::Valid(_)] => {}
        [Verdict::OtherContent(_)] => {
            return Err(Refusal::Signature(
                "the file was changed after it was signed",
            ));
        }
        _ => {
            return Err(Refusal::Signature(
                "none of the client's keys made the signature",
            ));
        }
    }
    let product = mar.product_info().map_err(Refusal::ProductInfo)?;
    let mut accepted = client
        .channels
        .split([' ', ',', '\t'])
        .filter(|id| !id.is_empty());
    if !client.channels.is_empty() && !accepted.any(|id| id == product.channel) {
        return Err(Refusal::Channel {
            channel: product.channel,
            accepted: client.channels.to_owned(),
        });
    }
    if compare(client.version, &product.version).is_gt() {
        return Err(Refusal::Downgrade {
            version: product.version,
            installed: client.version.to_owned(),
        });
    }
    match refused(&mar).into_iter().next() {
        Some(defect) => Err(Refusal::Contents(defect)),
        None => Ok(()),
    }
}
