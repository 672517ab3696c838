//! `submit-toplevel`: a release without its locales, in one or more variants, and the rules of test channels
//! that point to it.

use super::file_urls::{BOUNCER_PRODUCT, FILE_NAME, FileUrls, NoPattern};
use super::locale::RELEASE_SCHEMA;
use super::merge::{Lists, merge_into};
use super::names::{self, NoPin, NotPrevious, Previous};
use super::platforms;
use super::request::{Api, Request};
use crate::base::json;
use crate::base::value::{Object, Value, json};
use crate::stage::archive::layout::pretty_version;

const HASH_FUNCTION: &str = "sha512";

/// A release that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Toplevel {
    /// The product, as the update server names it.
    pub product: String,
    /// The version in the names of files.
    pub version: String,
    /// The version that the program reports.
    pub app_version: String,
    /// The number of the build.
    pub build_number: u64,
    /// The channels of the release.
    pub channels: Vec<String>,
    /// The platforms, as tasks name them.
    pub platforms: Vec<String>,
    /// The host of the archive.
    pub archive: String,
    /// The host of bouncer.
    pub bouncer: String,
    /// Whether the files are on the mirrors before the update is offered.
    pub require_mirrors: bool,
    /// The releases that partial updates start from.
    pub previous: Vec<Previous>,
    /// The rules that get the release, by alias or id.
    pub rules: Vec<String>,
    /// The channels whose clients can be pinned to the release.
    pub pin_channels: Vec<String>,
    /// The suffix of all variants.
    pub suffix: String,
    /// The variants by their suffix, with what users see after the update; `None` for the notes of the release.
    pub variants: Vec<(String, Option<Value>)>,
    file_name: String,
    bouncer_product: String,
}

/// Reports a payload that the worker cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToplevelError {
    /// Something is missing, or of another type than it should be.
    #[error("`payload.{0}` is missing or invalid")]
    Field(&'static str),
    /// The earlier releases cannot be read.
    #[error("`payload.partial_versions`: {0}")]
    Previous(#[from] NotPrevious),
    /// A pattern does not fit.
    #[error(transparent)]
    Pattern(#[from] NoPattern),
    /// Nobody can be pinned to the version.
    #[error(transparent)]
    Pin(#[from] NoPin),
}

impl Toplevel {
    /// Reads a payload.
    ///
    /// # Errors
    /// If something that the worker needs is missing or malformed.
    pub fn read(payload: &Value) -> Result<Self, ToplevelError> {
        let text = |key: &'static str| match payload[key].as_str() {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(ToplevelError::Field(key)),
        };
        let optional = |key: &'static str, default: &str| -> Result<String, ToplevelError> {
            let text = match payload.get(key) {
                None | Some(Value::Null) => "",
                Some(value) => value.as_str().ok_or(ToplevelError::Field(key))?,
            };
            Ok(if text.is_empty() { default } else { text }.to_owned())
        };
        let build_number = payload["build_number"].as_u64();
        let require_mirrors = payload["require_mirrors"].as_bool();
        let toplevel = Self {
            product: names::product(&text("product")?),
            version: text("version")?,
            app_version: text("app_version")?,
            build_number: build_number.ok_or(ToplevelError::Field("build_number"))?,
            channels: texts(payload, "channel_names")?,
            platforms: texts(payload, "platforms")?,
            archive: text("archive_domain")?,
            bouncer: text("download_domain")?,
            require_mirrors: require_mirrors.ok_or(ToplevelError::Field("require_mirrors"))?,
            previous: names::previous(&optional("partial_versions", "")?)?,
            rules: texts(payload, "rules_to_update")?,
            pin_channels: match payload.get("pin_channels") {
                None | Some(Value::Null) => Vec::new(),
                Some(_) => texts(payload, "pin_channels")?,
            },
            suffix: optional("blob_suffix", "")?,
            variants: variants(payload)?,
            file_name: optional("complete_mar_filename_pattern", FILE_NAME)?,
            bouncer_product: optional("complete_mar_bouncer_product_pattern", BOUNCER_PRODUCT)?,
        };
        toplevel.file_urls()?;
        names::pins(&toplevel.version)?;
        Ok(toplevel)
    }

    /// The name of a variant; that of the empty suffix is the one that rules get.
    #[must_use]
    pub fn name(&self, variant: &str) -> String {
        let suffix = format!("{}{variant}", self.suffix);
        let build_number = self.build_number.to_string();
        names::release(&self.product, &self.version, &build_number, &suffix)
    }

    /// Where each channel finds the files.
    fn file_urls(&self) -> Result<Object, NoPattern> {
        FileUrls {
            product: &self.product,
            version: &self.version,
            build_number: self.build_number,
            channels: &self.channels,
            archive: &self.archive,
            bouncer: &self.bouncer,
            require_mirrors: self.require_mirrors,
            previous: &self.previous,
            file_name: &self.file_name,
            bouncer_product: &self.bouncer_product,
        }
        .to_json()
    }

    /// What the worker lays over an existing release.
    fn new_data(&self, update_line: Option<&Value>) -> Object {
        let update_line = update_line.cloned().unwrap_or_else(|| {
            let product = match self.product.to_lowercase().as_str() {
                "devedition" => "firefox".to_owned(),
                product => product.to_owned(),
            };
            let version = &self.app_version;
            let notes =
                format!("https://www.mozilla.org/%LOCALE%/{product}/{version}/releasenotes/");
            json!([{"for": {}, "fields": {"detailsURL": notes, "type": "minor"}}])
        });
        let mut platforms = Object::new();
        for platform in &self.platforms {
            let target = platforms::target(platform);
            let names = json!({
                "OS_BOUNCER": platforms::bouncer(platform),
                "OS_FTP": platforms::archive(platform),
            });
            platforms.insert(target, names);
            for alias in platforms::aliases(platform) {
                platforms.insert(*alias, json!({"alias": target}));
            }
        }
        Object::from([
            ("platforms", Value::Object(platforms)),
            // Its patterns were checked when the payload was read.
            (
                "fileUrls",
                Value::Object(self.file_urls().unwrap_or_default()),
            ),
            ("appVersion", self.app_version.as_str().into()),
            ("displayVersion", pretty_version(&self.version).into()),
            ("updateLine", update_line),
        ])
    }

    /// The blob of a variant, laid over what it already has.
    #[must_use]
    pub fn blob(
        &self,
        api: Api,
        (variant, update_line): (&str, Option<&Value>),
        known: Option<&Object>,
    ) -> Object {
        let mut blob = known.cloned().unwrap_or_default();
        let lists = match api {
            Api::First => Lists::Replace,
            Api::Second => Lists::Append,
        };
        merge_into(&mut blob, &self.new_data(update_line), lists);
        blob.insert("schema_version", RELEASE_SCHEMA);
        blob.insert("hashFunction", HASH_FUNCTION);
        blob.insert("name", self.name(variant));
        blob
    }

    /// All requests. `known` returns the data of a release and the versions of its parts, as the second API has
    /// them.
    #[must_use]
    pub fn requests(&self, api: Api, known: &dyn Fn(&str) -> Option<Value>) -> Vec<Request> {
        let mut requests = Vec::new();
        for (variant, update_line) in &self.variants {
            let name = self.name(variant);
            let known = known(&name);
            let old = known.as_ref().and_then(|known| known["blob"].as_object());
            let blob = self.blob(api, (variant, update_line.as_ref()), old);
            let mut body = Object::from([("product", Value::from(self.product.as_str()))]);
            if api == Api::First {
                body.insert("hashFunction", HASH_FUNCTION);
                body.insert("schema_version", RELEASE_SCHEMA);
                body.insert("blob", json::compact(&Value::Object(blob)));
                requests.push(Request {
                    method: "POST",
                    path: format!("/releases/{name}"),
                    body: Some(Value::Object(body)),
                });
                continue;
            }
            body.insert("blob", Value::Object(blob));
            if let Some(versions) = known.as_ref().and_then(|known| known.get("data_versions")) {
                body.insert("old_data_versions", versions.clone());
            }
            requests.push(Request::release(&name));
            requests.push(Request::put_release(&name, Value::Object(body)));
        }
        let name = self.name("");
        for rule in &self.rules {
            let data = Object::from([("mapping", name.as_str())]);
            requests.push(Request::change_rule(rule, data));
        }
        for (channel, version) in self.pins() {
            let pin = (self.product.as_str(), channel.as_str(), version.as_str());
            requests.push(Request::pin(&name, pin, None));
        }
        requests
    }

    /// The pins: channel and version.
    #[must_use]
    pub fn pins(&self) -> Vec<(String, String)> {
        pins(&self.version, &self.pin_channels)
    }
}

/// The pins of a version on some channels: channel and version.
pub(super) fn pins(version: &str, channels: &[String]) -> Vec<(String, String)> {
    let versions = names::pins(version).unwrap_or_default();
    let versions = versions.iter().filter(|version| !version.is_empty());
    let of_channel = |channel: &String| {
        let pairs = versions.clone();
        pairs
            .map(|version| (channel.clone(), version.clone()))
            .collect::<Vec<_>>()
    };
    channels.iter().flat_map(of_channel).collect()
}

/// The variants of a payload.
fn variants(payload: &Value) -> Result<Vec<(String, Option<Value>)>, ToplevelError> {
    let wrong = ToplevelError::Field("update_line");
    let lines = match payload.get("update_line") {
        None => return Ok(vec![(String::new(), None)]),
        Some(lines) => lines.as_object().ok_or(wrong)?,
    };
    if lines.is_empty() {
        return Ok(vec![(String::new(), None)]);
    }
    let lines = lines.iter();
    let lines = lines.map(|(suffix, line)| (suffix.to_string(), Some(line.clone())));
    Ok(lines
        .map(|(suffix, line)| (suffix, line.filter(|line| !line.is_null())))
        .collect())
}

/// A list of texts in a payload.
pub(super) fn texts(payload: &Value, key: &'static str) -> Result<Vec<String>, ToplevelError> {
    let wrong = || ToplevelError::Field(key);
    let list = payload[key].as_array().ok_or_else(wrong)?.iter();
    list.map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
        .collect()
}
