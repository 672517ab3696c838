//! The digests in the manifest of a signed package, as the real worker reads them.

use std::collections::BTreeMap;

/// The digests of each file: `SHA-256-Digest` and its value.
pub type Digests<'t> = BTreeMap<String, BTreeMap<&'t str, &'t str>>;

/// Reads the digests of all files. Files without any are left out.
#[must_use]
pub fn read(text: &str) -> Digests<'_> {
    let mut digests = Digests::new();
    let mut file: Option<String> = None;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(name) = line.strip_prefix("Name: ") {
            file = Some(name.to_owned());
            continue;
        }
        let Some(file) = file.as_mut().filter(|name| !name.is_empty()) else {
            continue;
        };
        if line.starts_with(' ') {
            // A long name goes on.
            file.push_str(line.trim_start());
        } else if let Some((name, value)) = line.split_once(": ")
            && name.ends_with("-Digest")
            && name.len() > "-Digest".len()
            && !name.contains(char::is_whitespace)
        {
            digests.entry(file.clone()).or_default().insert(name, value);
        }
    }
    digests
}

/// Whether each file has a digest of an algorithm, such as `SHA1` or `SHA-256`.
#[must_use]
pub fn has_digest(digests: &Digests<'_>, algorithm: &str) -> bool {
    let name = format!("{algorithm}-Digest");
    let mut files = digests.values();
    !digests.is_empty() && files.all(|digests| digests.contains_key(name.as_str()))
}
