//! Texts that builds leave beside their packages.

use serde_json::{Value, json};

use super::super::keys::Hash;
use super::extension::pretty;
use super::facts::{Facts, Machine, System};

/// The file that names the build id.
#[must_use]
pub fn information(facts: &Facts<'_>) -> Vec<u8> {
    format!("buildID={}\n", facts.build()).into_bytes()
}

/// A text with the build id and the branch, as clients of archives read it.
#[must_use]
pub fn build(facts: &Facts<'_>) -> Vec<u8> {
    format!("{}\n{}\n", facts.build(), facts.branch).into_bytes()
}

/// The log of the build.
#[must_use]
pub fn log(facts: &Facts<'_>, file: &str) -> Vec<u8> {
    let (title, version) = (facts.title(), facts.version_name());
    format!(
        "[build] {}: {title} {version} for {}\n[build] build id {}\n[build] {file} is a text of a rehearsal\n\
         [build] done\n",
        facts.label,
        facts.platform,
        facts.build(),
    )
    .into_bytes()
}

fn alias(facts: &Facts<'_>) -> String {
    let machine = facts.machine().name();
    match facts.system() {
        System::Linux => format!("{machine}-pc-linux-gnu"),
        System::Mac => format!("{machine}-apple-darwin"),
        System::Windows => format!("{machine}-pc-windows-msvc"),
        System::Android => format!("{machine}-linux-android"),
    }
}

/// The description of a package for programs that fetch it.
#[must_use]
pub fn target(facts: &Facts<'_>) -> Vec<u8> {
    let alias = alias(facts);
    let mut parts = alias.split('-');
    let mut part = || parts.next().unwrap_or_default();
    let (processor, vendor, system) = (part(), part(), part());
    pretty(&json!({
        "buildid": facts.build(),
        "moz_app_name": facts.product_name(),
        "moz_app_vendor": facts.vendor(),
        "moz_app_version": facts.application_version(),
        "moz_pkg_platform": facts.platform,
        "moz_update_channel": facts.update_channel(),
        "target_alias": alias,
        "target_cpu": processor,
        "target_os": system,
        "target_vendor": vendor,
    }))
    .into_bytes()
}

/// What test harnesses want to know of a build.
#[must_use]
pub fn machine(facts: &Facts<'_>) -> Vec<u8> {
    let machine = facts.machine();
    let wide = matches!(machine, Machine::Aarch64 | Machine::X86_64);
    pretty(&json!({
        "appname": facts.product_name(),
        "bits": if wide { 64 } else { 32 },
        "buildapp": facts.product_name(),
        "buildtype_guess": "pgo",
        "debug": false,
        "os": facts.system().name(),
        "processor": machine.name(),
        "toolkit": match facts.system() {
            System::Linux => "gtk",
            System::Mac => "cocoa",
            System::Windows => "windows",
            System::Android => "android",
        },
        "version": facts.application_version(),
    }))
    .into_bytes()
}

/// The record of a build for the database of builds. What is uploaded later completes the download.
#[must_use]
pub fn buildhub(facts: &Facts<'_>, package: &str, content: &[u8]) -> Vec<u8> {
    let date = facts.built().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let branch = facts.update_channel();
    let vendor = facts.vendor();
    pretty(&json!({
        "build": {"as": "clang", "cc": "clang", "cxx": "clang++", "date": date, "host": "linux", "id": facts.build(),
            "target": alias(facts)},
        "download": {"date": date, "mimetype": "application/octet-stream", "size": content.len(),
            "url": format!("https://archive.example/{package}")},
        "source": {"product": facts.product_name(), "repository": format!("https://{vendor}.example/{branch}"),
            "tree": branch},
        "target": {"channel": branch, "locale": facts.locale_name(), "os": facts.system().name(),
            "platform": facts.platform, "version": facts.version},
    }))
    .into_bytes()
}

/// The checksums of a package: hash, algorithm, size and name in each line.
#[must_use]
pub fn checksums(package: &str, content: &[u8]) -> Vec<u8> {
    let size = content.len();
    let line = |hash: Hash, name: &str| {
        let hash = hash.hex(content);
        format!("{hash} {name} {size} {package}\n")
    };
    (line(Hash::Sha512, "sha512") + &line(Hash::Sha256, "sha256")).into_bytes()
}

/// The checksums of a package as `sha256sum` and `sha512sum` write them.
#[must_use]
pub fn sums(hash: Hash, package: &str, content: &[u8]) -> Vec<u8> {
    format!("{}  {package}\n", hash.hex(content)).into_bytes()
}

/// The metadata of a library in a Maven repository.
#[must_use]
pub fn project(facts: &Facts<'_>, stem: &str) -> Vec<u8> {
    let (artifact, version) = coordinates(facts, stem);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>{}</groupId>\n  <artifactId>{artifact}</artifactId>\n  <version>{version}</version>\n  \
         <packaging>aar</packaging>\n</project>\n",
        facts.package()
    )
    .into_bytes()
}

/// The same as Gradle writes it.
#[must_use]
pub fn module(facts: &Facts<'_>, stem: &str) -> Vec<u8> {
    let (artifact, version) = coordinates(facts, stem);
    pretty(&json!({
        "formatVersion": "1.1",
        "component": {"group": facts.package(), "module": artifact, "version": version},
        "variants": [],
    }))
    .into_bytes()
}

/// The name and the version of a library: the file is named `NAME-VERSION`.
fn coordinates(facts: &Facts<'_>, stem: &str) -> (String, String) {
    let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let split = stem
        .match_indices('-')
        .find(|(at, _)| digit(&stem[at + 1..]));
    match split.and_then(|(at, _)| stem.split_at_checked(at)) {
        Some((name, version)) => (name.to_owned(), version.trim_start_matches('-').to_owned()),
        None => (stem.to_owned(), facts.version_name()),
    }
}

/// Any other JSON file.
#[must_use]
pub fn json(facts: &Facts<'_>, file: &str) -> Vec<u8> {
    let Facts {
        label,
        product,
        version,
        build_id,
        platform,
        locale,
        branch,
    } = *facts;
    let value: Value = json!({
        "name": file, "label": label, "product": product, "version": version, "buildid": build_id,
        "platform": platform, "locale": locale, "branch": branch,
    });
    pretty(&value).into_bytes()
}
