//! Extensions, language packs and Java archives: ZIP files with a manifest.

use serde_json::json;

use super::archive::Member;
use super::facts::Facts;
use super::program;
use super::zipped::zip;

/// A language pack of the locale.
#[must_use]
pub fn language_pack(facts: &Facts<'_>) -> Vec<u8> {
    let (locale, title, build) = (facts.locale_name(), facts.title(), facts.build());
    let (product, vendor) = (facts.product_name(), facts.vendor());
    let version = facts.application_version();
    let numbers = |c: char| c.is_ascii_digit() || c == '.';
    let series = version.trim_end_matches(|c| !numbers(c));
    let series = series.split('.').take(2).collect::<Vec<&str>>().join(".");
    let manifest = json!({
        "manifest_version": 2,
        "name": format!("Language: {locale}"),
        "description": format!("{title} Language Pack for {locale}"),
        "version": format!("{series}.{}", dotted(&build)),
        "langpack_id": locale,
        "languages": {&locale: {"version": build, "chrome_resources": {}}},
        "sources": {"browser": {"base_path": "browser/"}},
        "author": vendor,
        "browser_specific_settings": {"gecko": {
            "id": format!("langpack-{locale}@{product}.{vendor}.org"),
            "strict_min_version": series,
            "strict_max_version": format!("{series}.*"),
        }},
    });
    let branding = format!("-brand-short-name = {title}\n");
    let path = format!("localization/{locale}/branding.ftl");
    let browser = format!("browser/localization/{locale}/menu.ftl");
    zip([
        ("manifest.json", pretty(&manifest).as_bytes()),
        (&browser, b"quit = Quit\n".as_slice()),
        (&path, branding.as_bytes()),
    ])
}

/// A build id as two numbers of a version: the date, and the time without leading zeros.
fn dotted(build: &str) -> String {
    let (date, time) = build.split_at(8);
    let time = time.trim_start_matches('0');
    format!("{date}.{}", if time.is_empty() { "0" } else { time })
}

/// An extension that has the name of its file.
#[must_use]
pub fn extension(facts: &Facts<'_>, stem: &str) -> Vec<u8> {
    let vendor = facts.vendor();
    let manifest = json!({
        "manifest_version": 2,
        "name": stem,
        "version": facts.application_version(),
        "browser_specific_settings": {"gecko": {
            "id": format!("{stem}@{}.{vendor}.org", facts.product_name()),
        }},
        "background": {"scripts": ["background.js"]},
    });
    zip([
        ("manifest.json", pretty(&manifest).as_bytes()),
        ("background.js", b"\"use strict\";\n".as_slice()),
    ])
}

/// A Java archive.
#[must_use]
pub fn java(facts: &Facts<'_>, stem: &str) -> Vec<u8> {
    let manifest = format!(
        "Manifest-Version: 1.0\r\nImplementation-Title: {stem}\r\nImplementation-Version: {}\r\n\r\n",
        facts.version_name()
    );
    let path = format!("META-INF/{stem}.properties");
    let properties = format!(
        "build={}\nversion={}\n",
        facts.build(),
        facts.version_name()
    );
    zip([
        ("META-INF/MANIFEST.MF", manifest.as_bytes()),
        (&path, properties.as_bytes()),
    ])
}

/// The members of a library for Android: a manifest as text, and classes.
#[must_use]
pub fn android_library(facts: &Facts<'_>, stem: &str) -> Vec<Member> {
    let manifest = format!(
        "<manifest xmlns:android=\"http://schemas.android.com/apk/res/android\" package=\"{}.{}\"/>\n",
        facts.package(),
        stem.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
    );
    let machine = facts.machine();
    let code = program::elf(machine, stem.as_bytes(), true);
    let library = format!("jni/{}/libxul.so", machine.abi());
    vec![
        (
            "AndroidManifest.xml".to_owned(),
            0o644,
            manifest.into_bytes(),
        ),
        ("R.txt".to_owned(), 0o644, Vec::new()),
        ("classes.jar".to_owned(), 0o644, java(facts, "classes")),
        (library, 0o755, code),
    ]
}

/// JSON as files have it.
pub fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}
