//! Whether Balrog accepts a blob.

use super::super::allowlist::Allowlist;
use super::super::fault::Fault;
use super::conflicts::{Conflict, NotCompared, conflicts};
use super::kind::Kind;
use super::{Blob, schema};
use crate::base::value::Value;

/// Why Balrog refuses a blob.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Invalid {
    /// Its kind is unknown.
    #[error("{0}")]
    Kind(Fault),
    /// It has another form than blobs of its kind; each sentence is one problem.
    #[error("Invalid blob! See 'errors' for details.")]
    Form(Vec<String>),
    /// A file is where it must not be served from.
    #[error("Blob contains forbidden domain(s)")]
    Domain {
        /// The URL of the file.
        url: String,
    },
    /// Entries of `updateLine` could set the same attribute.
    #[error("Multiple values found for updateLine items: {}", attributes(.0))]
    Conflicts(Vec<Conflict>),
    /// A hash has another length than its function makes.
    #[error(
        "The hashValue length is different from the required length of {length} for {function}."
    )]
    HashLength {
        /// The function.
        function: String,
        /// The number of its hexadecimal digits.
        length: usize,
    },
    /// Its hash function is unknown.
    #[error("unknown hash function `{0}`")]
    HashFunction(String),
    /// Two entries of `updateLine` cannot be compared.
    #[error("{0}")]
    NotCompared(#[from] NotCompared),
}

fn attributes(conflicts: &[Conflict]) -> String {
    let all = conflicts.iter().flat_map(|conflict| &conflict.attributes);
    let names: std::collections::BTreeSet<&str> = all.map(String::as_str).collect();
    let names: Vec<&str> = names.into_iter().collect();
    names.join(", ")
}

/// Checks a blob of a product: its form, its URLs, and that no two entries of `updateLine` contradict each
/// other.
///
/// # Errors
/// [`Invalid`] for the first of these that is wrong.
pub fn validate(content: &Value, product: &str, allowlist: &Allowlist) -> Result<(), Invalid> {
    validate_as(
        Blob::read(content).map_err(Invalid::Kind)?,
        product,
        allowlist,
    )
}

/// Checks a blob as one of a kind, whatever its `schema_version`.
///
/// # Errors
/// [`Invalid`] for the first of the same problems.
pub fn validate_as(blob: Blob<'_>, product: &str, allowlist: &Allowlist) -> Result<(), Invalid> {
    validate_form(blob, product, allowlist)?;
    match blob.kind {
        Kind::Plugins => hash_lengths(blob.content),
        Kind::App(9) => {
            let conflicts = conflicts(blob.content)?;
            if conflicts.is_empty() {
                Ok(())
            } else {
                Err(Invalid::Conflicts(conflicts))
            }
        }
        _ => Ok(()),
    }
}

/// Checks only the form of a blob and its URLs.
///
/// # Errors
/// [`Invalid`] for the first of these that is wrong.
pub fn validate_form(blob: Blob<'_>, product: &str, allowlist: &Allowlist) -> Result<(), Invalid> {
    let problems = schema::problems(blob.kind, blob.content);
    if !problems.is_empty() {
        return Err(Invalid::Form(problems));
    }
    match blob.forbidden_url(product, allowlist) {
        Some(url) => Err(Invalid::Domain {
            url: url.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Checks the lengths of the hashes of media plugins.
fn hash_lengths(content: &Value) -> Result<(), Invalid> {
    let function = content["hashFunction"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    for vendor in content["vendors"]
        .as_object()
        .into_iter()
        .flat_map(|vendors| vendors.values())
    {
        for file in vendor["platforms"]
            .as_object()
            .into_iter()
            .flat_map(|files| files.values())
        {
            let Some(hash) = file["hashValue"].as_str() else {
                continue;
            };
            let length = match function.as_str() {
                "sha256" => 64,
                "sha384" => 96,
                "sha512" => 128,
                _ => return Err(Invalid::HashFunction(function)),
            };
            if hash.chars().count() != length {
                return Err(Invalid::HashLength { function, length });
            }
        }
    }
    Ok(())
}
