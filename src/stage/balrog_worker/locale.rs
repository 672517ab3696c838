//! `submit-locale`: the files of one locale on one platform, from an entry of `public/manifest.json`.
//!
//! An entry of a release becomes the data of its locale in each variant of the release; one of a nightly
//! build, in the release of the build and in the one of the latest build, which are made if they are missing.

use super::merge::{Lists, merge_into};
use super::names;
use super::platforms::target;
use super::request::{Api, Request};
use crate::base::json;
use crate::base::value::{List, Object, Value, json, py_str};
use crate::stage::archive::layout::pretty_version;

/// The version of the form of nightly releases.
const NIGHTLY_SCHEMA: u64 = 4;
/// The version of the form of releases.
pub const RELEASE_SCHEMA: u64 = 9;

/// A file of an update, as the manifest describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mar {
    /// The release that it updates from; `None` if from any.
    pub from: Option<String>,
    /// The build id of the release that it updates from; empty if from any.
    pub from_build_id: String,
    /// The size in bytes.
    pub size: u64,
    /// The hash.
    pub hash: String,
    /// The address in the archive.
    pub url: String,
}

/// What an entry belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    /// A release.
    Release {
        /// Its version.
        version: String,
        /// The number of its build.
        build_number: String,
        /// A suffix of its name, which comes before that of the variant.
        suffix: String,
    },
    /// A nightly build.
    Nightly {
        /// The branch.
        branch: String,
    },
}

/// An entry of the manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it belongs to.
    pub style: Style,
    /// The product, as the update server names it.
    pub product: String,
    /// The platform, as tasks name it.
    pub platform: String,
    /// The locale.
    pub locale: String,
    /// The build id.
    pub build_id: String,
    /// The version that the program reports.
    pub app_version: String,
    /// The version that extensions see.
    pub ext_version: String,
    /// The algorithm of the hashes.
    pub hash_function: String,
    /// The complete updates.
    pub completes: Vec<Mar>,
    /// The partial updates.
    pub partials: Vec<Mar>,
}

/// Reports an entry that the worker cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It says neither that it is of a release nor that it is of a nightly build.
    #[error("the entry has neither `tc_release` nor `tc_nightly`")]
    Style,
    /// Something is missing, or of another type than it should be.
    #[error("the entry has no valid `{0}`")]
    Field(&'static str),
}

impl Entry {
    /// Reads an entry.
    ///
    /// # Errors
    /// If something that the worker needs is missing.
    pub fn read(entry: &Value) -> Result<Self, EntryError> {
        let text = |key: &'static str| text(entry, key);
        let product = text("appName")?;
        let style = if entry.get("tc_release").is_some() {
            Style::Release {
                version: text("version")?,
                build_number: number(entry, "build_number")?,
                suffix: match entry.get("blob_suffix") {
                    None => String::new(),
                    Some(_) => text("blob_suffix")?,
                },
            }
        } else if entry.get("tc_nightly").is_some() {
            Style::Nightly {
                branch: text("branch")?,
            }
        } else {
            return Err(EntryError::Style);
        };
        let mars = |key: &'static str| -> Result<Vec<Mar>, EntryError> {
            let list = match entry.get(key) {
                None | Some(Value::Null) => return Ok(Vec::new()),
                Some(list) => list.as_array().ok_or(EntryError::Field(key))?,
            };
            let is_partial = key == "partialInfo";
            let read = list
                .iter()
                .map(|info| Mar::read(info, &product, &style, is_partial));
            read.collect()
        };
        Ok(Self {
            completes: mars("completeInfo")?,
            partials: mars("partialInfo")?,
            product,
            style,
            platform: text("platform")?,
            locale: text("locale")?,
            build_id: text("buildid")?,
            app_version: text("appVersion")?,
            ext_version: text("extVersion")?,
            hash_function: text("hashType")?,
        })
    }

    /// The releases that the entry belongs to, in the order in which they are changed.
    #[must_use]
    pub fn releases(&self, suffix: &str) -> Vec<String> {
        match &self.style {
            Style::Release {
                version,
                build_number,
                suffix: own,
            } => {
                let suffix = format!("{own}{suffix}");
                vec![names::release(
                    &self.product,
                    version,
                    build_number,
                    &suffix,
                )]
            }
            Style::Nightly { branch } => [self.build_id.as_str(), "latest"]
                .map(|id| names::nightly(&self.product, branch, id))
                .to_vec(),
        }
    }

    /// The name of the platform that clients ask for.
    #[must_use]
    pub fn target(&self) -> &str {
        target(&self.platform)
    }

    /// The data of the locale.
    #[must_use]
    pub fn data(&self) -> Object {
        let mut data = Object::from([
            ("buildID", Value::from(self.build_id.as_str())),
            ("appVersion", self.app_version.as_str().into()),
        ]);
        let with_url = match &self.style {
            Style::Release { version, .. } => {
                data.insert("displayVersion", pretty_version(version));
                false
            }
            Style::Nightly { .. } => {
                data.insert("platformVersion", self.ext_version.as_str());
                data.insert("displayVersion", self.app_version.as_str());
                true
            }
        };
        for (key, mars) in [("completes", &self.completes), ("partials", &self.partials)] {
            if !mars.is_empty() {
                let mars = mars.iter().map(|mar| mar.to_json(with_url));
                data.insert(key, Value::Array(mars.collect::<List>()));
            }
        }
        data
    }

    /// A release that is made if it is missing, as only those of nightly builds are: the body of the request.
    #[must_use]
    pub fn missing_release(&self, name: &str) -> Option<Value> {
        match self.style {
            Style::Release { .. } => None,
            Style::Nightly { .. } => Some(json!({
                "blob": {
                    "name": name,
                    "hashFunction": self.hash_function,
                    "schema_version": NIGHTLY_SCHEMA,
                },
                "product": self.product,
            })),
        }
    }

    /// The requests for one variant of the release. `known` returns the data of a release and the versions of
    /// its parts, as the second API has them.
    #[must_use]
    pub fn requests(
        &self,
        api: Api,
        suffix: &str,
        known: &dyn Fn(&str) -> Option<Value>,
    ) -> Vec<Request> {
        let (target, data) = (self.target(), self.data());
        let mut requests = Vec::new();
        for name in self.releases(suffix) {
            if api == Api::First {
                requests.extend(self.first_api(&name, &data, known(&name).as_ref()));
                continue;
            }
            let mut old = None;
            if let Some(release) = self.missing_release(&name) {
                requests.push(Request::release(&name));
                match known(&name) {
                    None => requests.push(Request::put_release(&name, release)),
                    Some(release) => {
                        let platform = &release["data_versions"]["platforms"][target];
                        old = platform["locales"].get(&self.locale).cloned();
                    }
                }
            }
            let place = (target, self.locale.as_str());
            requests.push(Request::add_locale(&name, place, &data, old.as_ref()));
        }
        requests
    }

    /// The request of the first API. What a nightly build already has is not submitted again.
    fn first_api(&self, name: &str, data: &Object, known: Option<&Value>) -> Option<Request> {
        let target = self.target();
        let old = known.map(|known| &known["blob"]["platforms"][target]["locales"][&self.locale]);
        if let (Style::Nightly { .. }, Some(old)) = (&self.style, old)
            && is_same(old, data)
        {
            return None;
        }
        let schema = match self.style {
            Style::Release { .. } => RELEASE_SCHEMA,
            Style::Nightly { .. } => NIGHTLY_SCHEMA,
        };
        let mut body = json!({
            "product": self.product,
            "hashFunction": self.hash_function,
            "data": json::compact(&Value::Object(data.clone())),
            "schema_version": schema,
        });
        if let Style::Nightly { .. } = self.style {
            let aliases = super::platforms::aliases(&self.platform);
            let aliases = match aliases {
                [] => Value::Null,
                aliases => aliases.iter().copied().collect(),
            };
            body["alias"] = json::compact(&aliases).into();
        }
        Some(Request {
            method: "PUT",
            path: format!("/releases/{name}/builds/{target}/{}", self.locale),
            body: Some(body),
        })
    }
}

/// Whether a locale already has the complete updates of new data, and all of the partial ones.
fn is_same(old: &Value, new: &Object) -> bool {
    let items = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let partials = items(&old["partials"]);
    let mut wanted = items(&new["partials"]).into_iter();
    old.as_object().is_some_and(|old| !old.is_empty())
        && old["completes"] == new["completes"]
        && wanted.all(|partial| partials.contains(&partial))
}

/// What a locale has after new data were laid over the old, as the update server does.
#[must_use]
pub fn laid_over(old: Option<&Value>, new: &Object) -> Object {
    let mut data = old.and_then(Value::as_object).cloned().unwrap_or_default();
    merge_into(&mut data, new, Lists::Replace);
    data
}

impl Mar {
    fn read(
        info: &Value,
        product: &str,
        style: &Style,
        is_partial: bool,
    ) -> Result<Self, EntryError> {
        let from_build_id = match info.get("from_buildid") {
            Some(id) => Some(scalar(id).ok_or(EntryError::Field("from_buildid"))?),
            None => None,
        };
        let from = match style {
            // The worker names the release itself for complete updates from one earlier version.
            Style::Release {
                version,
                build_number,
                ..
            } if !is_partial => info
                .get("previousVersion")
                .map(|_| names::release(product, version, build_number, "")),
            Style::Release { .. } => {
                let version = text(info, "previousVersion")?;
                let build_number = number(info, "previousBuildNumber")?;
                Some(names::release(product, &version, &build_number, ""))
            }
            Style::Nightly { branch } => match &from_build_id {
                Some(id) => Some(names::nightly(product, branch, id)),
                None if is_partial => return Err(EntryError::Field("from_buildid")),
                None => None,
            },
        };
        let size = info["size"].as_u64().ok_or(EntryError::Field("size"))?;
        Ok(Self {
            from,
            from_build_id: from_build_id.unwrap_or_default(),
            size,
            hash: text(info, "hash")?,
            url: text(info, "url")?,
        })
    }

    fn to_json(&self, with_url: bool) -> Value {
        let mut value = Object::from([
            ("from", Value::from(self.from.as_deref().unwrap_or("*"))),
            ("filesize", self.size.into()),
            ("hashValue", self.hash.as_str().into()),
        ]);
        if with_url {
            value.insert("fileUrl", self.url.as_str());
        }
        Value::Object(value)
    }
}

fn text(entry: &Value, key: &'static str) -> Result<String, EntryError> {
    match entry[key].as_str() {
        Some(text) if !text.is_empty() || key == "blob_suffix" => Ok(text.to_owned()),
        _ => Err(EntryError::Field(key)),
    }
}

/// A text or an integer, as a text.
fn number(entry: &Value, key: &'static str) -> Result<String, EntryError> {
    scalar(&entry[key]).ok_or(EntryError::Field(key))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.to_string()),
        Value::Number(number) if !number.is_f64() => Some(py_str(value)),
        _ => None,
    }
}
