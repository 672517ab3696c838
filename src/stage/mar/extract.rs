//! Unpacks the contents of a MAR file.

use std::collections::BTreeMap;

use super::check::check;
use super::error::MarError;
use super::pack::unpack;
use super::read::Mar;

/// A file of an unpacked MAR file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its permissions.
    pub mode: u32,
    /// Its content.
    pub content: Vec<u8>,
}

/// Every file by its path, unpacked. All contents together have at most `limit` bytes.
///
/// # Errors
///
/// When [`check`](super::check::check) finds a defect, or a content cannot be unpacked.
pub fn extract(mar: &Mar<'_>, limit: u64) -> Result<BTreeMap<String, File>, Vec<MarError>> {
    let defects = check(mar);
    if !defects.is_empty() {
        return Err(defects);
    }
    let mut left = limit;
    let mut files = BTreeMap::new();
    for entry in &mar.entries {
        let content = mar.content(entry).unwrap_or_default();
        let content = unpack(content, left).map_err(|error| {
            vec![MarError::Unpack {
                name: entry.name.clone(),
                reason: error.to_string(),
            }]
        })?;
        left = left.saturating_sub(u64::try_from(content.len()).unwrap_or(u64::MAX));
        let mode = entry.mode;
        files.insert(entry.name.clone(), File { mode, content });
    }
    Ok(files)
}
