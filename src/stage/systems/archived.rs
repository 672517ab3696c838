//! The files of the archive, of this release and of earlier ones, and the links of bouncer to them.

use std::sync::Arc;

use crate::base::value::Value;
use crate::stage::update_verify::world::Stored;
use crate::stage::work::Work;

use super::archive::SPACE;

/// The space of bouncer's products.
const PRODUCTS: &str = "bouncer-product";

/// A file of the archive.
pub enum Archived {
    /// It is there.
    File(Stored),
    /// It is not.
    Missing,
}

/// What the archive says about a file.
pub fn stat(work: &Work<'_>, path: &str) -> Option<Stored> {
    let value = &work.all.get(SPACE, path)?.value;
    Some(Stored {
        size: value["size"].as_u64().unwrap_or_default(),
        sha512: value["sha512"].as_str().unwrap_or_default().to_owned(),
        content: None,
    })
}

/// A file with its content, if that can be read. A content that is not the one that was published is a problem.
pub fn file(work: &mut Work<'_>, path: &str) -> Archived {
    let Some(known) = stat(work, path) else {
        return Archived::Missing;
    };
    let value = work.all.get(SPACE, path).map(|entry| entry.value.clone());
    let value = value.unwrap_or_default();
    let Some(content) = content(work, &value) else {
        return Archived::File(known);
    };
    let found = Stored::of(content);
    if (found.size, &found.sha512) != (known.size, &known.sha512) {
        work.report.problem(format!(
            "{path}: its content is not the one that was published, which has {} bytes and the SHA-512 {}",
            known.size, known.sha512
        ));
    }
    Archived::File(found)
}

fn content(work: &mut Work<'_>, value: &Value) -> Option<Arc<[u8]>> {
    if let Some(text) = value["text"].as_str() {
        return Some(text.as_bytes().into());
    }
    let place = &value["content"];
    let (task, name) = (place["taskId"].as_str()?, place["artifact"].as_str()?);
    work.artifact(task, name)
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
