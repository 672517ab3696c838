//! Packages and bundles for Android.

use std::collections::BTreeSet;

use super::apk_signature::{self, Signature, SignatureError};
use super::binary_xml::{self, BinaryError};
use super::inside::{self, InsideError, MAX_FILE};
use super::{jar_manifest, proto_xml};
use crate::stage::keys::Certificate;
use crate::stage::signing::jar::{self, JarVerdict};
use crate::stage::signing::zip::Zip;

/// The processors in the order in which their version codes rise.
pub const ARCHITECTURES: &[&str] = &["armeabi-v7a", "arm64-v8a", "x86", "x86_64"];

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apk {
    /// The name of the application.
    pub package: String,
    /// Its version for people.
    pub version_name: String,
    /// Its version for the store.
    pub version_code: u64,
    /// The oldest system that it runs on.
    pub min_sdk: u32,
    /// The system that it is made for.
    pub target_sdk: u32,
    /// The processors that it has libraries for.
    pub architectures: BTreeSet<String>,
    /// The locales of its texts.
    pub locales: BTreeSet<String>,
    /// Whether it can be debugged.
    pub is_debuggable: bool,
    /// Who has signed it in version 1.
    pub signer: JarVerdict,
    /// Whether its manifest has a digest of SHA-256 for each file.
    pub has_sha256: bool,
    /// Its signatures of later versions.
    pub signatures: Vec<Signature>,
}

/// Why a package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApkError {
    /// It is damaged, or has bad paths.
    #[error(transparent)]
    Inside(#[from] InsideError),
    /// There is no manifest.
    #[error("it has no AndroidManifest.xml")]
    NoManifest,
    /// The manifest is damaged.
    #[error("AndroidManifest.xml: {0}")]
    Manifest(#[from] BinaryError),
    /// The manifest lacks something.
    #[error("AndroidManifest.xml has no `{0}`")]
    Missing(&'static str),
    /// The signatures are not good.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The signature cannot be read.
    #[error("its signature cannot be read: {0}")]
    Jar(String),
}

/// Reads a package or bundle, and checks its signatures.
///
/// # Errors
/// [`ApkError`].
pub fn read(bytes: &[u8]) -> Result<Apk, ApkError> {
    let zip = inside::open(bytes)?;
    inside::test(&zip)?;
    let (top, path) = match zip.member("BundleConfig.pb") {
        Some(_) => ("base/", "base/manifest/AndroidManifest.xml"),
        None => ("", "AndroidManifest.xml"),
    };
    let manifest = zip.member(path).ok_or(ApkError::NoManifest)?;
    let manifest = manifest
        .content(binary_xml::MAX_MANIFEST)
        .map_err(InsideError::Zip)?;
    let manifest = match top.is_empty() {
        true => binary_xml::read(&manifest)?,
        false => proto_xml::read(&manifest)?,
    };
    let text = |name: &'static str| manifest.attribute(name).ok_or(ApkError::Missing(name));
    let systems = manifest
        .child("uses-sdk")
        .ok_or(ApkError::Missing("uses-sdk"))?;
    let system = |name: &'static str| {
        let number = systems
            .attribute(name)
            .and_then(|number| number.parse().ok());
        number.ok_or(ApkError::Missing(name))
    };
    let version_code = text("android:versionCode")?
        .parse()
        .map_err(|_| ApkError::Missing("android:versionCode"))?;
    let application = manifest.child("application");
    let debuggable =
        application.and_then(|application| application.attribute("android:debuggable"));
    Ok(Apk {
        package: text("package")?.to_owned(),
        version_name: text("android:versionName")?.to_owned(),
        version_code,
        min_sdk: system("android:minSdkVersion")?,
        target_sdk: system("android:targetSdkVersion")?,
        architectures: folders(&zip, &format!("{top}lib/")),
        locales: locales(&zip, &format!("{top}assets/omni.ja"))?,
        is_debuggable: debuggable == Some("true"),
        signer: signer(&zip)?,
        has_sha256: {
            let text = inside::text(&zip, "META-INF/MANIFEST.MF")?.unwrap_or_default();
            jar_manifest::has_digest(&jar_manifest::read(&text), "SHA-256")
        },
        signatures: apk_signature::check(&zip)?,
    })
}

/// Who has signed a ZIP file in version 1.
///
/// # Errors
/// [`ApkError::Jar`].
pub fn signer(zip: &Zip<'_>) -> Result<JarVerdict, ApkError> {
    let known: Vec<&'static Certificate> = Certificate::all().iter().collect();
    jar::verify(zip, &known).map_err(|error| ApkError::Jar(error.to_string()))
}

/// The folders in a folder.
fn folders(zip: &Zip<'_>, start: &str) -> BTreeSet<String> {
    let names = zip.names().into_iter();
    let inside = names.filter_map(|name| name.strip_prefix(start)?.split_once('/'));
    inside.map(|(folder, _)| folder.to_owned()).collect()
}

/// The locales that the archive of resources lists.
fn locales(zip: &Zip<'_>, name: &str) -> Result<BTreeSet<String>, ApkError> {
    let Some(member) = zip.member(name) else {
        return Ok(BTreeSet::new());
    };
    let content = member.content(MAX_FILE).map_err(InsideError::Zip)?;
    let inner = inside::open(&content)?;
    let text = inside::text(&inner, "chrome/chrome.manifest")?.unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("locale "));
    let locales = lines.filter_map(|line| line.split_whitespace().nth(1));
    Ok(locales.map(str::to_owned).collect())
}

/// What is wrong with packages of one application, which are pushed together.
#[must_use]
pub fn unfit(packages: &[(String, Apk)]) -> Vec<String> {
    let mut found = Vec::new();
    let Some((first_file, first)) = packages.first() else {
        return found;
    };
    for (file, apk) in packages {
        if apk.version_name != first.version_name {
            found.push(format!(
                "{file} has the version {}, but {first_file} has {}",
                apk.version_name, first.version_name
            ));
        }
        if apk.locales != first.locales {
            found.push(format!("{file} has other locales than {first_file}"));
        }
        if apk.target_sdk != first.target_sdk {
            found.push(format!(
                "{file} is made for another system than {first_file}"
            ));
        }
    }
    let place = |apk: &Apk| {
        let mut all = apk.architectures.iter();
        let first = all.next()?;
        let only = all.next().is_none().then_some(first)?;
        ARCHITECTURES.iter().position(|known| known == only)
    };
    for (i, (file, apk)) in packages.iter().enumerate() {
        for (other_file, other) in packages
            .iter()
            .skip(i + 1)
            .filter(|(_, other)| other.package == apk.package)
        {
            if apk.version_code == other.version_code {
                found.push(format!(
                    "{file} and {other_file} have the same version code {}",
                    apk.version_code
                ));
            } else if let (Some(one), Some(two)) = (place(apk), place(other))
                && (one < two) != (apk.version_code < other.version_code)
                && one != two
            {
                found.push(format!(
                    "the version codes of {file} ({}, {}) and {other_file} ({}, {}) are in the wrong order: devices \
                     would get a package for another processor",
                    ARCHITECTURES[one], apk.version_code, ARCHITECTURES[two], other.version_code
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::makers::{self, Facts};

    fn made(file: &str) -> Vec<u8> {
        let facts = Facts {
            label: "build-hail",
            product: "hail",
            version: "94.0",
            build_id: "20261130093000",
            platform: "android",
            locale: "en-US",
            branch: "try",
        };
        makers::make(file, &facts).unwrap()
    }

    #[test]
    fn made_packages_fit_together() {
        let files =
            ["arm64-v8a", "armeabi-v7a", "x86_64"].map(|name| format!("public/target.{name}.apk"));
        let mut packages: Vec<(String, Apk)> = files
            .into_iter()
            .map(|file| {
                let apk = read(&made(&file)).unwrap();
                (file, apk)
            })
            .collect();
        assert_eq!(packages[0].1.signer, JarVerdict::Unsigned);
        assert_eq!(packages[0].1.min_sdk, 26);
        assert_eq!(packages[0].1.version_name, "94.0");
        assert!(packages[0].1.architectures.contains("arm64-v8a"));
        assert_eq!(unfit(&packages), [""; 0]);
        let codes: Vec<u64> = packages.iter().map(|(_, apk)| apk.version_code).collect();
        packages[0].1.version_code = codes[1];
        packages[1].1.version_code = codes[0];
        assert_eq!(unfit(&packages).len(), 1);
        packages[0].1.version_code = codes[0];
        assert_eq!(unfit(&packages).len(), 1);
    }

    #[test]
    fn damage_is_found() {
        let bytes = made("public/target.apk");
        for length in (0..bytes.len()).step_by(499) {
            assert!(read(&bytes[..length]).is_err(), "{length}");
        }
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 0xff;
            let _ = read(&changed);
        }
    }
}
