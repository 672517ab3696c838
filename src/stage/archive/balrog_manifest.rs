//! `public/manifest.json`: what the update server has to know of the MARs that a task has put into the
//! archive.
//!
//! There is an entry for each locale and format of a complete MAR. It contains the release, the complete
//! MAR, and all partial MARs of the locale.

use indexmap::IndexMap;

use crate::base::value::{Object, Value, json, py_str};
use crate::stage::python_json::indented;

/// Platforms that the update server knows by another name.
const PLATFORMS: &[(&str, &str)] = &[
    ("linux-devedition", "linux"),
    ("linux64-devedition", "linux64"),
    ("linux64-aarch64-devedition", "linux64-aarch64"),
    ("macosx64-devedition", "macosx64"),
    ("win32-devedition", "win32"),
    ("win64-devedition", "win64"),
    ("win64-aarch64-devedition", "win64-aarch64"),
];

/// The branches whose files are served by mirrors, and by which address these replace the archive's.
const MIRRORED_BRANCHES: &[&str] = &[
    "comm-beta",
    "comm-central",
    "comm-esr60",
    "mozilla-beta",
    "mozilla-central",
    "mozilla-esr52",
    "mozilla-release",
];
const MIRROR: [&str; 2] = [
    "http://archive.mozilla.org/pub",
    "http://download.cdn.mozilla.net/pub",
];

/// The `releaseProperties` of a task.
#[derive(Debug, Clone, Copy)]
pub struct Properties<'a> {
    /// The product, as people write it.
    pub app_name: &'a str,
    /// The version that the program reports.
    pub app_version: &'a str,
    /// The branch that it was built from.
    pub branch: &'a str,
    /// The build id, such as `20210922161155`.
    pub build_id: &'a str,
    /// The algorithm of the hashes.
    pub hash_type: &'a str,
    /// The platform of the build, such as `linux64-devedition`.
    pub platform: &'a str,
}

/// What a task releases.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A nightly build.
    Nightly,
    /// The candidate of a release.
    Candidate {
        /// The version in the names of files.
        version: &'a str,
        /// The number of the build.
        build_number: &'a Value,
    },
}

/// An entry of `extra.partials`: the release that a partial MAR updates from.
#[derive(Debug, Clone, Copy)]
pub struct PreviousRelease<'a> {
    /// The build id.
    pub build_id: &'a str,
    /// The version.
    pub version: &'a Value,
    /// The number of the build.
    pub build_number: &'a Value,
}

/// A MAR in the archive.
#[derive(Debug, Clone, Copy)]
pub struct Mar<'a> {
    /// Its hash, of the algorithm in the release properties.
    pub hash: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// Its first destination.
    pub destination: &'a str,
}

/// The name of the product in the manifest: that of the developer edition on its platforms, with a capital
/// letter if the product has one.
#[must_use]
pub fn product_name(app_name: &str, platform: &str) -> String {
    if !platform.contains("devedition") {
        return app_name.to_owned();
    }
    let has_capital = app_name.chars().next().is_some_and(char::is_uppercase);
    if has_capital {
        "Devedition"
    } else {
        "devedition"
    }
    .to_owned()
}

/// The part of an entry that describes the release.
#[must_use]
pub fn entry(properties: &Properties<'_>, locale: &str, target: &Target<'_>) -> Object {
    let platform = properties.platform;
    let known = PLATFORMS.iter().find(|(name, _)| *name == platform);
    let replacements = if MIRRORED_BRANCHES.contains(&properties.branch) {
        json!([MIRROR])
    } else {
        json!([])
    };
    let mut entry = Object::from_entries([
        (
            "appName",
            product_name(properties.app_name, platform).into(),
        ),
        ("appVersion", properties.app_version.into()),
        ("branch", properties.branch.into()),
        ("buildid", properties.build_id.into()),
        ("extVersion", properties.app_version.into()),
        ("hashType", properties.hash_type.into()),
        // Builds with several locales report themselves as the first one.
        (
            "locale",
            if locale == "multi" { "en-US" } else { locale }.into(),
        ),
        ("platform", known.map_or(platform, |(_, name)| name).into()),
        ("url_replacements", replacements),
    ]);
    match target {
        Target::Nightly => {
            entry.insert("tc_nightly", true);
        }
        Target::Candidate {
            version,
            build_number,
        } => {
            entry.insert("tc_release", true);
            entry.insert("build_number", (*build_number).clone());
            entry.insert("version", *version);
        }
    }
    entry
}

/// What an entry contains about a complete MAR, which is at `prefix` in the archive.
#[must_use]
pub fn complete_info(prefix: &str, mar: &Mar<'_>) -> Object {
    Object::from_entries([
        ("hash", mar.hash.into()),
        ("size", mar.size.into()),
        ("url", format!("{prefix}/{}", mar.destination).into()),
    ])
}

/// What an entry contains about a partial MAR from a build.
#[must_use]
pub fn partial_info(
    prefix: &str,
    mar: &Mar<'_>,
    from_build_id: &Value,
    target: &Target<'_>,
    previous: &[PreviousRelease<'_>],
) -> Object {
    let mut info = complete_info(prefix, mar);
    info.insert("from_buildid", from_build_id.clone());
    if let Target::Candidate { .. } = target {
        let id = py_str(from_build_id);
        if let Some(from) = previous.iter().find(|from| from.build_id == id) {
            info.insert("previousVersion", from.version.clone());
            info.insert("previousBuildNumber", from.build_number.clone());
        }
    }
    info
}

/// Collects the MARs of a task until its manifest can be written.
#[derive(Debug, Default)]
pub struct Manifest {
    locales: IndexMap<String, Mars>,
}

#[derive(Debug, Default)]
struct Mars {
    /// Complete MARs, by format.
    complete: IndexMap<String, Object>,
    partial: Vec<Object>,
}

/// Reports a locale without a complete MAR.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the locale {0} has a partial MAR, but no complete one")]
pub struct NoComplete(pub String);

impl Manifest {
    /// Adds a complete MAR; a later one of the same format replaces it.
    pub fn add_complete(&mut self, locale: &str, format: &str, info: Object) {
        let mars = self.locales.entry(locale.to_owned()).or_default();
        mars.complete.insert(format.to_owned(), info);
    }

    /// Adds a partial MAR.
    pub fn add_partial(&mut self, locale: &str, info: Object) {
        let mars = self.locales.entry(locale.to_owned()).or_default();
        mars.partial.push(info);
    }

    /// The entries of the manifest.
    ///
    /// # Errors
    /// The locales that have partial MARs only.
    pub fn entries(
        &self,
        properties: &Properties<'_>,
        target: &Target<'_>,
    ) -> Result<Vec<Value>, Vec<NoComplete>> {
        let bare = self
            .locales
            .iter()
            .filter(|(_, mars)| mars.complete.is_empty());
        let bare: Vec<NoComplete> = bare.map(|(locale, _)| NoComplete(locale.clone())).collect();
        if !bare.is_empty() {
            return Err(bare);
        }
        let mut entries = Vec::new();
        for (locale, mars) in &self.locales {
            for (format, info) in &mars.complete {
                let mut entry = entry(properties, locale, target);
                entry.insert(
                    "completeInfo",
                    Value::from(vec![Value::Object(info.clone())]),
                );
                if !mars.partial.is_empty() {
                    let partial = mars.partial.iter().cloned().map(Value::Object);
                    entry.insert("partialInfo", partial.collect::<Value>());
                }
                if !format.is_empty() {
                    entry.insert("blob_suffix", format!("-{format}"));
                }
                entries.push(Value::Object(entry));
            }
        }
        Ok(entries)
    }
}

/// The text of the manifest, byte for byte as the worker writes it.
#[must_use]
pub fn text(entries: Vec<Value>) -> String {
    indented(&Value::from(entries), 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROPERTIES: Properties<'_> = Properties {
        app_name: "Firefox",
        app_version: "92.0.1",
        branch: "mozilla-release",
        build_id: "20210922161155",
        hash_type: "sha512",
        platform: "linux64-devedition",
    };

    fn mar(destination: &str) -> Mar<'_> {
        Mar {
            hash: "aa",
            size: 7,
            destination,
        }
    }

    #[test]
    fn the_manifest_has_the_bytes_of_the_worker() {
        let (version, number) = (json!("92.0"), json!(3));
        let previous = [PreviousRelease {
            build_id: "20210903235534",
            version: &version,
            build_number: &number,
        }];
        let target = Target::Candidate {
            version: "92.0.1",
            build_number: &json!(2),
        };
        let mut manifest = Manifest::default();
        let prefix = "https://archive.example.org";
        manifest.add_complete("multi", "", complete_info(prefix, &mar("pub/c.mar")));
        for from in [
            json!("20210903235534"),
            json!(20210903235534_u64),
            json!("1"),
        ] {
            let info = partial_info(prefix, &mar("pub/p.mar"), &from, &target, &previous);
            manifest.add_partial("multi", info);
        }
        manifest.add_complete("multi", "bz2", complete_info(prefix, &mar("pub/b.mar")));
        let entries = manifest.entries(&PROPERTIES, &target).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1]["blob_suffix"], "-bz2");
        assert_eq!(entries[1]["partialInfo"], entries[0]["partialInfo"]);
        let expected = r#"[
    {
        "appName": "Devedition",
        "appVersion": "92.0.1",
        "branch": "mozilla-release",
        "buildid": "20210922161155",
        "extVersion": "92.0.1",
        "hashType": "sha512",
        "locale": "en-US",
        "platform": "linux64",
        "url_replacements": [
            [
                "http://archive.mozilla.org/pub",
                "http://download.cdn.mozilla.net/pub"
            ]
        ],
        "tc_release": true,
        "build_number": 2,
        "version": "92.0.1",
        "completeInfo": [
            {
                "hash": "aa",
                "size": 7,
                "url": "https://archive.example.org/pub/c.mar"
            }
        ],
        "partialInfo": [
            {
                "hash": "aa",
                "size": 7,
                "url": "https://archive.example.org/pub/p.mar",
                "from_buildid": "20210903235534",
                "previousVersion": "92.0",
                "previousBuildNumber": 3
            },
            {
                "hash": "aa",
                "size": 7,
                "url": "https://archive.example.org/pub/p.mar",
                "from_buildid": 20210903235534,
                "previousVersion": "92.0",
                "previousBuildNumber": 3
            },
            {
                "hash": "aa",
                "size": 7,
                "url": "https://archive.example.org/pub/p.mar",
                "from_buildid": "1"
            }
        ]
    }
]"#;
        assert_eq!(text(entries[..1].to_vec()), expected);
    }

    #[test]
    fn nightlies_have_no_previous_releases() {
        let mut manifest = Manifest::default();
        let other = Properties {
            app_name: "firefox",
            branch: "try",
            platform: "win32",
            ..PROPERTIES
        };
        manifest.add_complete("de", "", complete_info("p", &mar("c")));
        let entries = manifest.entries(&other, &Target::Nightly).unwrap();
        assert_eq!(entries[0]["tc_nightly"], true);
        assert_eq!(entries[0]["url_replacements"], json!([]));
        assert_eq!(entries[0]["appName"], "firefox");
        assert_eq!(entries[0].get("partialInfo"), None);
        assert_eq!(entries[0].get("version"), None);
        let devedition = product_name("firefox", PROPERTIES.platform);
        assert_eq!(devedition, "devedition");
    }

    #[test]
    fn a_locale_needs_a_complete_mar() {
        let mut manifest = Manifest::default();
        let previous = [];
        let target = Target::Nightly;
        let info = partial_info("p", &mar("x"), &json!("1"), &target, &previous);
        manifest.add_partial("de", info);
        let errors = manifest.entries(&PROPERTIES, &target).unwrap_err();
        assert_eq!(errors, [NoComplete("de".to_owned())]);
    }
}
