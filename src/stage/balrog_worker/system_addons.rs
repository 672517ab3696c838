//! `submit-system-addons`: a release of system add-ons, from the manifest of the task that has published them.
//!
//! Each add-on has one file, for all platforms. The release is made, but no rule leads to it: people add it to one.

use super::request::Request;
use crate::base::value::{Object, Value, json};
use crate::stage::python_json;

/// The product of the releases.
pub const PRODUCT: &str = "SystemAddons";

/// The version of the form of such releases.
const SCHEMA: u64 = 5000;

/// The platforms that have the file of all platforms.
const PLATFORMS: &[&str] = &[
    "Darwin_x86-gcc3",
    "Darwin_x86_64-gcc3",
    "Darwin_x86-gcc3-u-i386-x86_64",
    "Darwin_x86_64-gcc3-u-i386-x86_64",
    "Linux_x86-gcc3",
    "Linux_x86_64-gcc3",
    "Linux_aarch64-gcc3",
    "WINNT_x86-msvc",
    "WINNT_x86-msvc-x64",
    "WINNT_x86-msvc-x86",
    "WINNT_x86_64-msvc",
    "WINNT_x86_64-msvc-x64",
];

/// An add-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addon {
    /// Its id.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The address of its file.
    pub url: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// The hash of the file.
    pub hash: String,
}

/// A release of system add-ons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemAddons {
    /// Its name.
    pub name: String,
    /// The algorithm of the hashes.
    pub hash_function: String,
    /// The add-ons, in their order.
    pub addons: Vec<Addon>,
}

/// Reports a manifest that the worker cannot use, or would not use as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A field is missing, or has another type.
    #[error("`{0}` is missing or invalid")]
    Field(String),
    /// Two add-ons have one name, so only the last one would be in the release.
    #[error("two add-ons are named {0}: only the second one would be in the release")]
    Twice(String),
    /// There are none.
    #[error("`addons` is empty: the release would remove the system add-ons that clients have")]
    Empty,
}

impl SystemAddons {
    /// Reads a manifest.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(manifest: &Value) -> Result<Self, Vec<ManifestError>> {
        let mut errors = Vec::new();
        let mut text = |of: &Value, key: &str, place: &str| {
            let text = of[key].as_str().filter(|text| !text.is_empty());
            if text.is_none() {
                errors.push(ManifestError::Field(format!("{place}{key}")));
            }
            text.unwrap_or_default().to_owned()
        };
        let name = text(manifest, "releaseName", "");
        let hash_function = text(manifest, "hashType", "");
        let list = manifest["addons"].as_array();
        let mut addons: Vec<Addon> = Vec::new();
        let mut without_size = Vec::new();
        for (number, addon) in list.into_iter().flatten().enumerate() {
            let place = format!("addons[{number}].");
            let size = addon["size"].as_u64();
            if size.is_none() {
                without_size.push(ManifestError::Field(format!("{place}size")));
            }
            addons.push(Addon {
                name: text(addon, "name", &place),
                version: text(addon, "version", &place),
                url: text(addon, "url", &place),
                hash: text(addon, "hash", &place),
                size: size.unwrap_or_default(),
            });
        }
        errors.extend(without_size);
        match list {
            None => errors.push(ManifestError::Field("addons".to_owned())),
            Some(_) if addons.is_empty() => errors.push(ManifestError::Empty),
            Some(_) => {}
        }
        for (at, addon) in addons.iter().enumerate() {
            if !addon.name.is_empty()
                && addons
                    .iter()
                    .skip(at + 1)
                    .any(|other| other.name == addon.name)
            {
                errors.push(ManifestError::Twice(addon.name.clone()));
            }
        }
        match errors.is_empty() {
            true => Ok(Self {
                name,
                hash_function,
                addons,
            }),
            false => Err(errors),
        }
    }

    /// The data of the release.
    #[must_use]
    pub fn blob(&self) -> Object {
        let addons = self.addons.iter().map(|addon| {
            let same = PLATFORMS
                .iter()
                .map(|name| (*name, json!({"alias": "default"})));
            let own =
                json!({"fileUrl": addon.url, "filesize": addon.size, "hashValue": addon.hash});
            let platforms: Object = same.chain([("default", own)]).collect();
            let value = json!({"platforms": Value::Object(platforms), "version": addon.version});
            (addon.name.as_str(), value)
        });
        let addons: Object = addons.collect();
        Object::from_entries([
            ("addons", Value::Object(addons)),
            ("hashFunction", self.hash_function.as_str().into()),
            ("name", self.name.as_str().into()),
            ("product", PRODUCT.into()),
            ("schema_version", SCHEMA.into()),
        ])
    }

    /// The request that makes the release.
    #[must_use]
    pub fn request(&self) -> Request {
        let blob = python_json::line(&Value::Object(self.blob()));
        Request::make_release(json!({"blob": blob, "name": self.name, "product": PRODUCT}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_add_on_has_one_file_for_all_platforms() {
        let manifest = json!({
            "hashType": "sha512", "releaseName": "20261130093000",
            "addons": [{"name": "a@b", "version": "1", "url": "https://x/a.xpi", "hash": "ab", "size": 3}],
        });
        let release = SystemAddons::read(&manifest).unwrap();
        let request = release.request();
        assert_eq!(
            (request.method, request.path.as_str()),
            ("POST", "/releases")
        );
        let body = request.body.unwrap();
        let blob = body["blob"].as_str().unwrap();
        // As json.dumps writes it.
        let start = "{\"addons\": {\"a@b\": {\"platforms\": {\"Darwin_x86-gcc3\": {\"alias\": \"default\"}, ";
        assert!(blob.starts_with(start), "{blob}");
        let end = "\"WINNT_x86_64-msvc-x64\": {\"alias\": \"default\"}, \"default\": {\"fileUrl\": \
                   \"https://x/a.xpi\", \"filesize\": 3, \"hashValue\": \"ab\"}}, \"version\": \"1\"}}, \
                   \"hashFunction\": \"sha512\", \"name\": \"20261130093000\", \"product\": \"SystemAddons\", \
                   \"schema_version\": 5000}";
        assert!(blob.ends_with(end), "{blob}");
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let addon = json!({"name": "a@b", "version": "1", "url": "u", "hash": "h", "size": 3});
        let errors = |manifest: Value| -> Vec<String> {
            let errors = SystemAddons::read(&manifest).unwrap_err();
            errors.iter().map(ToString::to_string).collect()
        };
        let found = errors(json!({"addons": [addon.clone(), {"name": "c", "size": "3"}, addon]}));
        assert_eq!(
            found,
            [
                "`releaseName` is missing or invalid",
                "`hashType` is missing or invalid",
                "`addons[1].version` is missing or invalid",
                "`addons[1].url` is missing or invalid",
                "`addons[1].hash` is missing or invalid",
                "`addons[1].size` is missing or invalid",
                "two add-ons are named a@b: only the second one would be in the release",
            ]
        );
        let bare = json!({"hashType": "sha512", "releaseName": "1"});
        assert_eq!(errors(bare), ["`addons` is missing or invalid"]);
        let empty = json!({"hashType": "sha512", "releaseName": "1", "addons": []});
        assert_eq!(SystemAddons::read(&empty), Err(vec![ManifestError::Empty]));
    }
}
