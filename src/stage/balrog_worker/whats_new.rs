//! What users see after an update: the lines of a release (`updateLine`), from a configuration in the project's
//! tree.
//!
//! Each entry of the configuration has a type, an address, and conditions. Some conditions are about the release,
//! and leave the entry out if they do not hold; the others are about the client, and become those of the line.
//! Addresses, versions and build ids are templates, in which `{version.major_number}` is a part of the version.

use crate::base::pyformat::{FormatError, Scope, format};
use crate::base::value::{Object, Value};
use crate::base::version::{NoVersion, ReleaseChannel, Version};

/// The suffixes of the channels of a channel.
const CHANNELS: [&str; 3] = ["", "-localtest", "-cdntest"];

/// The release that the lines are for.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// The product.
    pub product: &'a str,
    /// The version that the program reports.
    pub version: &'a str,
    /// The type of the release, such as `beta` or `release-rc`.
    pub release_type: &'a str,
    /// The variant of the release: `wnp` or `no-wnp`.
    pub blob_type: &'a str,
    /// The build id.
    pub build_id: &'a str,
}

/// Reports a configuration that makes no lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhatsNewError {
    /// An entry has another type than those that exist.
    #[error("unknown type {0:?} of an entry; it is `product-details` or `show-url`")]
    Type(String),
    /// Something is missing, or of another type than it should be.
    #[error("an entry has no valid `{0}`")]
    Field(&'static str),
    /// The version of the release cannot be read.
    #[error(transparent)]
    Version(#[from] NoVersion),
    /// A template names a part that versions do not have.
    #[error("{0:?} uses a part of the version that does not exist")]
    Part(String),
    /// A template cannot be filled.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// The lines of a release.
///
/// # Errors
/// The first entry that is malformed.
pub fn update_line(config: &[Value], release: Release<'_>) -> Result<Vec<Value>, WhatsNewError> {
    let names = Names::new(release)?;
    let mut lines = Vec::new();
    for entry in config {
        let fields = fields(entry, &names)?;
        let conditions = &entry["conditions"];
        if applies(conditions, release) {
            let line = Object::from([
                ("fields", Value::Object(fields)),
                ("for", Value::Object(clients(conditions, &names)?)),
            ]);
            lines.push(Value::Object(line));
        }
    }
    Ok(lines)
}

fn fields(entry: &Value, names: &Names) -> Result<Object, WhatsNewError> {
    let text = |key: &'static str| entry[key].as_str().ok_or(WhatsNewError::Field(key));
    let kind = text("type")?;
    let url = names.fill(text("url")?)?;
    match kind {
        "show-url" => Ok(Object::from([
            ("actions", "showURL".to_owned()),
            ("openURL", url),
        ])),
        "product-details" => Ok(Object::from([
            ("detailsURL", url),
            ("type", "minor".to_owned()),
        ])),
        other => Err(WhatsNewError::Type(other.to_owned())),
    }
}

/// Whether the conditions about the release hold.
fn applies(conditions: &Value, release: Release<'_>) -> bool {
    let wanted = [
        ("release-types", release.release_type),
        ("blob-types", release.blob_type),
        ("products", release.product),
    ];
    wanted.iter().all(|(key, value)| match conditions.get(key) {
        None => true,
        Some(list) => {
            let mut list = list.as_array().into_iter().flatten();
            list.any(|item| item.as_str() == Some(value))
        }
    })
}

/// The conditions about the client.
fn clients(conditions: &Value, names: &Names) -> Result<Object, WhatsNewError> {
    let mut all = Object::new();
    let list = |key: &'static str| match conditions.get(key) {
        None => Ok(None),
        Some(list) => list.as_array().map(Some).ok_or(WhatsNewError::Field(key)),
    };
    let filled = |key: &'static str| -> Result<Option<Value>, WhatsNewError> {
        let Some(list) = list(key)? else {
            return Ok(None);
        };
        let texts = list.iter().map(|item| {
            let template = item.as_str().ok_or(WhatsNewError::Field(key))?;
            names.fill(template)
        });
        let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
        Ok(Some(texts.into()))
    };
    if let Some(locales) = list("locales")? {
        all.insert("locales", Value::Array(locales.clone()));
    }
    if let Some(versions) = filled("versions")? {
        all.insert("versions", versions);
    }
    if let Some(channel) = conditions.get("update-channel") {
        let channel = channel.as_str();
        let channel = channel.ok_or(WhatsNewError::Field("update-channel"))?;
        let channels = CHANNELS.map(|suffix| format!("{channel}{suffix}"));
        all.insert("channels", Value::from(channels.to_vec()));
    }
    if let Some(ids) = filled("build-ids")? {
        all.insert("buildIDs", ids);
    }
    Ok(all)
}

/// The names in templates.
struct Names {
    names: Object,
    version: Version,
}

impl Names {
    fn new(release: Release<'_>) -> Result<Self, WhatsNewError> {
        let version = release.version.parse()?;
        let names = Object::from([
            ("product", release.product),
            ("version", release.version),
            ("release-type", release.release_type),
            ("blob-type", release.blob_type),
            ("build-id", release.build_id),
        ]);
        Ok(Self { names, version })
    }

    /// Fills a template.
    fn fill(&self, template: &str) -> Result<String, WhatsNewError> {
        const PART: &str = "{version.";
        let mut rest = template;
        let mut without_parts = String::new();
        while let Some(at) = rest.find('{') {
            without_parts.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with("{{") {
                without_parts.push_str("{{");
                rest = &rest[2..];
            } else if let Some(after) = rest.strip_prefix(PART)
                && let Some((part, after)) = after.split_once('}')
            {
                let part = self.part(part);
                let part = part.ok_or_else(|| WhatsNewError::Part(template.to_owned()))?;
                without_parts.push_str(&part);
                rest = after;
            } else {
                without_parts.push('{');
                rest = &rest[1..];
            }
        }
        without_parts.push_str(rest);
        Ok(format(&without_parts, &Scope::new(&self.names))?)
    }

    /// A part of the version; one that this version does not have is `None`, as Python writes it.
    fn part(&self, name: &str) -> Option<String> {
        let version = &self.version;
        let or_none = |number: Option<u32>| {
            let number = number.map(|number| number.to_string());
            number.unwrap_or_else(|| "None".to_owned())
        };
        Some(match name {
            "major_number" => version.major().to_string(),
            "minor_number" => version.minor().to_string(),
            "patch_number" => or_none(version.numbers.get(2).copied()),
            "beta_number" => or_none(match version.channel {
                ReleaseChannel::Beta(number) => Some(number),
                _ => None,
            }),
            _ => return None,
        })
    }
}
