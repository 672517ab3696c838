//! Docker images as tar files, which contain the name and tag that they are loaded under.
//!
//! A copy leaves every member as it is except for two that hold the name and tag: `repositories`, and,
//! when the image is renamed, `manifest.json`.

use std::io::{Read, Write};

use crate::base::diagnostic::Diagnostic;
use crate::base::json;
use crate::base::value::{Object, Str, Value, json};

const BLOCK: usize = 512;

/// The largest size, in bytes, of the two members that are read whole.
const LARGEST: u64 = 16 << 20;

/// The name and tag of an image in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName {
    /// The name without the tag.
    pub image: String,
    /// The tag.
    pub tag: String,
}

/// Splits `name:tag`; the default tag is `latest`.
#[must_use]
pub fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once(':') {
        // A colon before a slash belongs to a port.
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (name, "latest"),
    }
}

/// Copies an image, with another name and tag if `name` is given, and returns its original name.
///
/// # Errors
/// When the file does not hold exactly one image, or it cannot be read or written.
pub fn copy(
    from: impl Read,
    to: &mut dyn Write,
    name: Option<(&str, &str)>,
) -> Result<ImageName, Diagnostic> {
    let read_error = |error: std::io::Error| {
        Diagnostic::environment("cannot read the docker image").because(error)
    };
    let write_error = |error: std::io::Error| {
        Diagnostic::environment("cannot write the docker image to docker").because(error)
    };
    let mut found = None;
    let mut archive = tar::Archive::new(from);
    for entry in archive.entries().map_err(read_error)?.raw(true) {
        let mut entry = entry.map_err(read_error)?;
        let mut header = entry.header().clone();
        let path = entry.path_bytes().into_owned();
        let changed = match (path.as_slice(), name) {
            (b"repositories", _) => {
                let (text, was) = repositories(&read(&mut entry)?, name)?;
                found = Some(was);
                Some(text)
            }
            (b"manifest.json", Some(name)) => Some(manifest(&read(&mut entry)?, name)?),
            _ => None,
        };
        let size = match &changed {
            Some(text) => {
                header.set_size(text.len() as u64);
                header.set_cksum();
                to.write_all(header.as_bytes()).map_err(write_error)?;
                to.write_all(text.as_bytes()).map_err(write_error)?;
                text.len() as u64
            }
            None => {
                to.write_all(header.as_bytes()).map_err(write_error)?;
                std::io::copy(&mut entry, to).map_err(write_error)?
            }
        };
        let over = (size % BLOCK as u64) as usize;
        if over > 0 {
            to.write_all(&[0; BLOCK][over..]).map_err(write_error)?;
        }
    }
    to.write_all(&[0; 2 * BLOCK])
        .and_then(|()| to.flush())
        .map_err(write_error)?;
    found.ok_or_else(|| Diagnostic::user("the docker image has no file `repositories`"))
}

fn read(entry: &mut impl Read) -> Result<Vec<u8>, Diagnostic> {
    let mut content = Vec::new();
    let read = entry.take(LARGEST).read_to_end(&mut content);
    read.map_err(|error| Diagnostic::environment("cannot read the docker image").because(error))?;
    Ok(content)
}

/// The only entry of a mapping.
fn only<'v>(map: Option<&'v Object>, what: &str) -> Result<(&'v Str, &'v Value), Diagnostic> {
    let mut entries = map.into_iter().flatten();
    match (entries.next(), entries.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Diagnostic::user(format!("the docker image has no {what}"))),
        (Some(_), Some(_)) => Err(Diagnostic::user(format!(
            "the docker image has more than one {what}"
        ))),
    }
}

fn parse(name: &str, content: &[u8]) -> Result<Value, Diagnostic> {
    serde_json::from_slice(content).map_err(|error| {
        Diagnostic::user(format!("`{name}` of the docker image is not JSON")).because(error)
    })
}

fn repositories(
    content: &[u8],
    name: Option<(&str, &str)>,
) -> Result<(String, ImageName), Diagnostic> {
    let repositories = parse("repositories", content)?;
    let (image, tags) = only(repositories.as_object(), "name")?;
    let (tag, layer) = only(tags.as_object(), "tag")?;
    let (new_image, new_tag) = name.unwrap_or((image, tag));
    let text = json::compact(&json!({ new_image: { new_tag: layer } }));
    let (image, tag) = (image.to_string(), tag.to_string());
    Ok((text, ImageName { image, tag }))
}

fn manifest(content: &[u8], (image, tag): (&str, &str)) -> Result<String, Diagnostic> {
    let mut manifest = parse("manifest.json", content)?;
    match manifest.as_array_mut().map(|items| &mut **items) {
        Some([Value::Object(only)]) => {
            only.insert("RepoTags", json!([format!("{image}:{tag}")]));
        }
        _ => {
            return Err(Diagnostic::user(
                "`manifest.json` of the docker image does not describe exactly one image",
            ));
        }
    }
    Ok(json::compact(&manifest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(members: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, text) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            builder
                .append_data(&mut header, name, text.as_bytes())
                .unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn members(image: &[u8]) -> Vec<(String, String)> {
        let mut archive = tar::Archive::new(image);
        let entries = archive.entries().unwrap();
        entries
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                (entry.path().unwrap().display().to_string(), text)
            })
            .collect()
    }

    #[test]
    fn images_are_renamed() {
        let long = "l".repeat(120);
        let file = image(&[
            (&long, "layer"),
            ("manifest.json", r#"[{"Config":"c","RepoTags":["a:1"]}]"#),
            ("repositories", r#"{"a":{"1":"layer"}}"#),
        ]);
        let mut same = Vec::new();
        let found = copy(file.as_slice(), &mut same, None).unwrap();
        assert_eq!((found.image.as_str(), found.tag.as_str()), ("a", "1"));
        assert_eq!(members(&same), members(&file));
        let mut renamed = Vec::new();
        copy(file.as_slice(), &mut renamed, Some(("b", "2"))).unwrap();
        let renamed = members(&renamed);
        assert_eq!(renamed[0], (long, "layer".to_owned()));
        assert_eq!(renamed[1].1, r#"[{"Config":"c","RepoTags":["b:2"]}]"#);
        assert_eq!(renamed[2].1, r#"{"b":{"2":"layer"}}"#);
    }

    #[test]
    fn files_with_several_images_or_none_are_refused() {
        for (text, wrong) in [
            (
                r#"{"a":{"1":"x"},"b":{"1":"x"}}"#,
                "the docker image has more than one name",
            ),
            (
                r#"{"a":{"1":"x","2":"x"}}"#,
                "the docker image has more than one tag",
            ),
            (r#"{}"#, "the docker image has no name"),
        ] {
            let file = image(&[("repositories", text)]);
            let error = copy(file.as_slice(), &mut Vec::new(), None).unwrap_err();
            assert_eq!(error.message, wrong);
        }
        let error = copy(image(&[]).as_slice(), &mut Vec::new(), None).unwrap_err();
        assert_eq!(error.message, "the docker image has no file `repositories`");
    }

    #[test]
    fn the_tag_follows_the_last_colon() {
        assert_eq!(split("a:1"), ("a", "1"));
        assert_eq!(split("a"), ("a", "latest"));
        assert_eq!(split("localhost:5000/a"), ("localhost:5000/a", "latest"));
        assert_eq!(split("localhost:5000/a:1"), ("localhost:5000/a", "1"));
    }
}
