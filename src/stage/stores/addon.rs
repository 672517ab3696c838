//! Add-ons: their ids and versions, as the worker that publishes system add-ons reads them.

use super::element::Element;
use super::inside::{self, InsideError};
use super::xml::{self, XmlError};
use crate::base::json;
use crate::base::value::Value;

/// What an add-on says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addon {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
}

/// Why an add-on is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddonError {
    /// It is damaged, or has bad paths.
    #[error(transparent)]
    Inside(#[from] InsideError),
    /// It describes itself nowhere.
    #[error("it has neither install.rdf nor manifest.json")]
    NoManifest,
    /// The old form of its description is not XML.
    #[error("install.rdf: {0}")]
    NotXml(#[from] XmlError),
    /// The description is not JSON.
    #[error("manifest.json is not JSON")]
    NotJson,
    /// The description lacks something.
    #[error("{0} has no {1}")]
    Missing(&'static str, &'static str),
}

/// Reads an add-on. The old form of description counts, if there is one.
///
/// # Errors
/// [`AddonError`].
pub fn read(bytes: &[u8]) -> Result<Addon, AddonError> {
    const OLD: &str = "install.rdf";
    const NEW: &str = "manifest.json";
    let zip = inside::open(bytes)?;
    let (file, id, version) = if let Some(text) = inside::text(&zip, OLD)? {
        let (id, version) = of_description(&xml::read(&text)?);
        (OLD, id, version)
    } else if let Some(text) = inside::text(&zip, NEW)? {
        let manifest = json::read(NEW, text.as_bytes()).map_err(|_| AddonError::NotJson)?;
        let (id, version) = of_manifest(&manifest);
        (NEW, id, version)
    } else {
        return Err(AddonError::NoManifest);
    };
    let needed = |value: Option<String>, what| {
        let value = value.filter(|value| !value.is_empty());
        value.ok_or(AddonError::Missing(file, what))
    };
    Ok(Addon {
        id: needed(id, "id")?,
        version: needed(version, "version")?,
    })
}

/// Id and version are elements of the first element; their names have any prefix.
fn of_description(root: &Element) -> (Option<String>, Option<String>) {
    let description = root.children.first();
    let find = |end: &str| {
        let mut all = description.iter().flat_map(|element| &element.children);
        let last = all.rfind(|element| element.name.ends_with(end))?;
        Some(last.text.trim().to_owned())
    };
    (find("id"), find("version"))
}

fn of_manifest(manifest: &Value) -> (Option<String>, Option<String>) {
    let settings = manifest.get("browser_specific_settings");
    let settings = settings.or_else(|| manifest.get("applications"));
    let id = settings.and_then(|settings| settings["gecko"]["id"].as_str());
    let version = manifest["version"].as_str();
    (id.map(str::to_owned), version.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::makers;
    use crate::stage::signing::zip::Zip;
    use crate::stage::stores::snap::tests::facts;

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        const EMPTY: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let files = files.iter();
        let files: Vec<_> = files
            .map(|(name, content)| ((*name).to_owned(), content.to_vec()))
            .collect();
        Zip::read(EMPTY).unwrap().with(&files, |_| false).unwrap()
    }

    #[test]
    fn both_forms_are_read() {
        let new = r#"{"version": "2.1", "applications": {"gecko": {"id": "a@b.org"}}}"#;
        let old = r#"<?xml version="1.0"?>
            <RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:em="http://www.mozilla.org/2004/em-rdf#">
              <Description about="urn:mozilla:install-manifest">
                <em:id>old@b.org</em:id>
                <em:version>1.0</em:version>
                <em:minVersion>3</em:minVersion>
              </Description>
            </RDF>"#;
        let of = |files: &[(&str, &[u8])]| read(&zip(files)).map(|addon| (addon.id, addon.version));
        let wanted = |id: &str, version: &str| Ok((id.to_owned(), version.to_owned()));
        assert_eq!(
            of(&[("manifest.json", new.as_bytes())]),
            wanted("a@b.org", "2.1")
        );
        let both = [
            ("manifest.json", new.as_bytes()),
            ("install.rdf", old.as_bytes()),
        ];
        assert_eq!(of(&both), wanted("old@b.org", "1.0"));
        assert_eq!(of(&[("a", b"")]), Err(AddonError::NoManifest));
        assert_eq!(of(&[("manifest.json", b"[")]), Err(AddonError::NotJson));
        let missing = AddonError::Missing("manifest.json", "id");
        assert_eq!(
            of(&[("manifest.json", b"{\"version\": \"1\"}")]),
            Err(missing)
        );
    }

    #[test]
    fn a_made_add_on_is_read() {
        let addon = read(&makers::make("public/build/snow.xpi", &facts()).unwrap()).unwrap();
        assert!(addon.id.starts_with("snow@"), "{}", addon.id);
        assert_eq!(addon.version, "94.0");
    }
}
