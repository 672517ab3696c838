//! The files of the archive, of this release and of earlier ones, and the links of bouncer to them.

use std::sync::Arc;

use crate::base::text::plural;
use crate::base::value::Value;
use crate::stage::archive::SPACE;
use crate::stage::bouncer::server::{Database, NoFile};
use crate::stage::update_verify::address::{Address, UnknownAddress};
use crate::stage::update_verify::world::{ArchiveFile, Stored, Unreadable};
use crate::stage::work::Work;

/// What the archive says about a file; `None` if it does not have it.
pub fn stat(work: &Work<'_>, path: &str) -> Option<Stored> {
    let value = &work.all.get(SPACE, path)?.value;
    Some(Stored {
        size: value["size"].as_u64().unwrap_or_default(),
        sha512: value["sha512"].as_str().unwrap_or_default().to_owned(),
    })
}

/// A file with its content; `None` if the archive does not have it. A content that is not the one that was
/// published is a problem.
pub fn file(work: &mut Work<'_>, path: &str) -> Option<ArchiveFile> {
    let all = work.all;
    let known = stat(work, path)?;
    let content = content(work, &all.get(SPACE, path)?.value);
    let stored = match &content {
        Ok(content) => Stored::of(content),
        Err(_) => known.clone(),
    };
    if stored != known {
        work.report.problem(format!(
            "{path}: its content is not the one that was published, which has {} and the SHA-512 {}",
            plural(known.size, "byte"),
            known.sha512
        ));
    }
    Some(ArchiveFile { stored, content })
}

fn content(work: &mut Work<'_>, value: &Value) -> Result<Arc<[u8]>, Unreadable> {
    if let Some(text) = value["text"].as_str() {
        return Ok(text.as_bytes().into());
    }
    let place = &value["content"];
    let (Some(task), Some(name)) = (place["taskId"].as_str(), place["artifact"].as_str()) else {
        return Err(Unreadable::HashesOnly);
    };
    work.artifact(task, name)
        .ok_or_else(|| Unreadable::Artifact {
            task: task.to_owned(),
            name: name.to_owned(),
        })
}

/// The path in the archive that an address leads to.
///
/// # Errors
/// If the address is neither of the archive nor of bouncer, or bouncer has no such file.
pub fn path_of(links: &Database, address: &str) -> Result<String, NoPath> {
    match Address::read(address)? {
        Address::Archive(path) => Ok(path),
        Address::Bouncer {
            product,
            os,
            locale,
        } => {
            let (_, path) = links.find(&product, &os, &locale)?;
            Ok(format!("pub{}", path.replace(":lang", &locale)))
        }
    }
}

/// Reports that an address leads to no path of the archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPath {
    /// It is of another form.
    #[error(transparent)]
    Address(#[from] UnknownAddress),
    /// Bouncer has no such file.
    #[error(transparent)]
    Bouncer(#[from] NoFile),
}
