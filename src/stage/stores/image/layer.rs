//! The layers of an image, unpacked as a stream.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, copy, sink};

use super::error::{ImageError, Limits};
use super::members::{MemberError, Packing, unpacked};
use crate::base::posix::basename;
use crate::stage::keys::Hash;
use crate::stage::stores::inside::leads_out;
use crate::stage::tar_stream::{Entry, Kind, TarError, walk};

/// The most files of all layers.
const MAX_FILES: usize = 4_000_000;

/// The most faults of a layer that are told.
const MAX_FAULTS: usize = 20;

/// What the name of a file begins with that stands for one to remove.
const WHITEOUT: &str = ".wh.";

/// What was found in a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// How it is compressed.
    pub packing: Packing,
    /// The hash of its content.
    pub digest: String,
    /// How many bytes its content has.
    pub size: u64,
    /// How many files and folders it has.
    pub files: usize,
    /// What is wrong with them.
    pub faults: Vec<String>,
}

/// Reads the files of an archive that are layers.
pub fn unpack(
    bytes: &[u8],
    wanted: &BTreeSet<&str>,
    limits: Limits,
) -> Result<BTreeMap<String, Unpacked>, ImageError> {
    let mut found = BTreeMap::new();
    let mut left = limits.layers;
    let mut files = 0;
    let (_, mut reader) = unpacked(bytes).map_err(MemberError::from)?;
    walk(&mut reader, limits.archive, &mut |entry, content| {
        if entry.kind != Kind::File || !wanted.contains(entry.path.as_str()) {
            return Ok(());
        }
        let layer = read(content, left, &mut files).map_err(|error| match error {
            TarError::TooLarge(_) => ImageError::TooLarge(limits.layers),
            error => ImageError::Layer {
                path: entry.path.clone(),
                why: error.to_string(),
            },
        })?;
        left -= layer.size;
        found.insert(entry.path.clone(), layer);
        Ok::<(), ImageError>(())
    })?;
    Ok(found)
}

fn read(content: &mut dyn Read, limit: u64, files: &mut usize) -> Result<Unpacked, TarError> {
    let (packing, reader) = unpacked(content)?;
    let mut hashing = Hash::Sha256.reading(reader);
    let mut count = 0;
    let mut faults = Vec::new();
    walk(&mut hashing, limit, &mut |entry, _| {
        count += 1;
        *files += 1;
        if *files > MAX_FILES {
            return Err(TarError::Damaged("the layers have too many files"));
        }
        if faults.len() < MAX_FAULTS {
            faults.extend(fault(entry));
        }
        Ok::<(), TarError>(())
    })?;
    // What follows the end of the archive belongs to the content, too.
    let rest = limit.saturating_sub(hashing.count()).saturating_add(1);
    copy(&mut hashing.by_ref().take(rest), &mut sink())?;
    let size = hashing.count();
    if size > limit {
        return Err(TarError::TooLarge(limit));
    }
    Ok(Unpacked {
        packing,
        digest: format!("sha256:{}", hashing.finish()),
        size,
        files: count,
        faults,
    })
}

/// What is wrong with a file: where it would be unpacked to, or what it would remove.
fn fault(entry: &Entry) -> Option<String> {
    let path = &entry.path;
    if leads_out("", path, true) {
        return Some(format!("the path {path:?} leads out of the image"));
    }
    let target = &entry.target;
    let link_leads_out = match entry.kind {
        Kind::HardLink => leads_out("", target, true),
        // An absolute link begins at the root of the container.
        Kind::SymLink => {
            let path = path.trim_start_matches('/');
            !target.starts_with('/') && leads_out(path, target, false)
        }
        _ => false,
    };
    if link_leads_out {
        return Some(format!(
            "the link {path:?} leads out of the image, to {target:?}"
        ));
    }
    let removed = basename(path).strip_prefix(WHITEOUT)?;
    matches!(removed, "" | "." | "..")
        .then(|| format!("{path:?} would remove a folder above its own"))
}
