//! The files of the archive, of this release and of earlier ones, and the links of bouncer to them.

use std::sync::Arc;

use crate::base::text::plural;
use crate::base::value::Value;
use crate::stage::update_verify::world::{ArchiveFile, Stored, Unreadable};
use crate::stage::work::Work;

use super::archive::SPACE;

/// The space of bouncer's products.
const PRODUCTS: &str = "bouncer-product";

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

/// The path in the archive of a product of bouncer for a system and a locale.
///
/// # Errors
/// If bouncer has no such product, in words.
pub fn of_product(
    work: &Work<'_>,
    product: &str,
    system: &str,
    locale: &str,
) -> Result<String, String> {
    let mut products = work.all.space(PRODUCTS);
    let same = |name: &str| name.to_lowercase() == product.to_lowercase();
    let found = products.find(|(name, _)| same(name));
    let (_, entry) = found.ok_or_else(|| format!("bouncer has no product {product}"))?;
    let languages = entry.value["languages"].as_array();
    let languages = languages.filter(|languages| !languages.is_empty());
    if languages.is_some_and(|languages| !languages.iter().any(|known| known == locale)) {
        return Err(format!("bouncer has no {product} in {locale}"));
    }
    let path = entry.value["locations"][system.to_lowercase().as_str()].as_str();
    let path = path.ok_or_else(|| format!("bouncer has no {product} for {system}"))?;
    Ok(format!("pub{}", path.replace(":lang", locale)))
}
