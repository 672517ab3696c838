//! Packages and bundles for Android.
//!
//! Version codes rise with the hour of the build, and within one hour with the machine, in the order that
//! stores ask for: 32-bit ARM, 64-bit ARM, 32-bit x86, 64-bit x86.

use super::super::keys::Hash;
use super::bytes::{le16, le32, put};
use super::facts::{Facts, Machine, System};
use super::manifest::{Element, Value, binary, field, message};
use super::program::elf;
use super::zipped::{How, Writer};

/// The oldest system that packages run on.
const OLDEST: u32 = 26;
/// The system that packages are made for.
const TARGET: u32 = 35;
/// 2010-01-01, in seconds since 1970.
const START: u32 = 1_262_304_000;

/// The names of applications in stores, by words that the label or the repository of a build has. The first one
/// counts.
const APPLICATIONS: &[(&[&str], &str)] = &[
    (&["fenix", "nightly"], "org.mozilla.fenix"),
    (&["fenix", "beta"], "org.mozilla.firefox_beta"),
    (&["fenix"], "org.mozilla.firefox"),
    (&["focus", "nightly"], "org.mozilla.focus.nightly"),
    (&["focus", "beta"], "org.mozilla.focus.beta"),
    (&["focus"], "org.mozilla.focus"),
    (&["klar"], "org.mozilla.klar"),
    (&["reference", "browser"], "org.mozilla.reference.browser"),
    (&["mozilla", "vpn"], "org.mozilla.firefox.vpn"),
];

/// The name of the application in stores. Stores know those of Mozilla, which builds need not say.
fn application(facts: &Facts<'_>) -> String {
    let names = [facts.label, facts.branch];
    let all: Vec<&str> = names
        .iter()
        .flat_map(|name| name.split(['-', '_', '/']))
        .collect();
    let mut known = APPLICATIONS.iter();
    let found = known.find(|(words, _)| words.iter().all(|word| all.contains(word)));
    found.map_or_else(|| facts.package(), |(_, name)| (*name).to_owned())
}

/// A package. The file's name may say which machine it is for.
#[must_use]
pub fn package(facts: &Facts<'_>, file: &str) -> Vec<u8> {
    let machine = machine(facts, file);
    let mut writer = Writer::default();
    writer.add(
        "AndroidManifest.xml",
        &binary(&manifest(facts, machine)),
        0o644,
        How::Deflated,
    );
    contents(&mut writer, facts, machine, "");
    writer.finish()
}

/// A bundle, with the libraries of every machine.
#[must_use]
pub fn bundle(facts: &Facts<'_>) -> Vec<u8> {
    let mut writer = Writer::default();
    // The version of the tool that has made it.
    let config = field(1, &field(2, b"1.15.6"));
    writer.add("BundleConfig.pb", &config, 0o644, How::Deflated);
    let manifest = message(&manifest(facts, None));
    writer.add(
        "base/manifest/AndroidManifest.xml",
        &manifest,
        0o644,
        How::Deflated,
    );
    contents(&mut writer, facts, None, "base/");
    writer.finish()
}

/// The machine that a package is for; `None` if it is for all.
fn machine(facts: &Facts<'_>, file: &str) -> Option<Machine> {
    let platform = || match facts.system() {
        System::Android => Machine::mentioned(&facts.platform.to_ascii_lowercase()),
        _ => None,
    };
    Machine::mentioned(&file.to_ascii_lowercase()).or_else(platform)
}

fn contents(writer: &mut Writer, facts: &Facts<'_>, machine: Option<Machine>, at: &str) {
    let dex = dex(facts);
    let path = if at.is_empty() {
        "classes.dex".to_owned()
    } else {
        format!("{at}dex/classes.dex")
    };
    writer.add(&path, &dex, 0o644, How::Deflated);
    let locale = facts.locale_name();
    let locales = ["en-US", &locale];
    let locales = locales.iter().take(if locale == "en-US" { 1 } else { 2 });
    let lines: String = locales
        .map(|locale| format!("locale branding {locale} {locale}/branding/\n"))
        .collect();
    let omni = super::zipped::zip([
        ("chrome/chrome.manifest", lines.as_bytes()),
        (
            "greprefs.js",
            format!("pref(\"app.build\", \"{}\");\n", facts.build()).as_bytes(),
        ),
    ]);
    writer.add(&format!("{at}assets/omni.ja"), &omni, 0o644, How::Stored(4));
    let all = [
        Machine::Arm,
        Machine::Aarch64,
        Machine::X86,
        Machine::X86_64,
    ];
    for machine in all
        .into_iter()
        .filter(|one| machine.is_none_or(|machine| machine == *one))
    {
        let about = format!(
            "{} {} {}",
            facts.product_name(),
            facts.version_name(),
            facts.build()
        );
        let library = elf(machine, &super::bytes::noise(&about, 2048), true);
        let path = format!("{at}lib/{}/libxul.so", machine.abi());
        writer.add(&path, &library, 0o644, How::Deflated);
    }
}

/// The number by which stores order the packages of an application.
#[must_use]
pub fn version_code(facts: &Facts<'_>, machine: Option<Machine>) -> u32 {
    let hours = facts.seconds().saturating_sub(START) / 3600;
    let place = match machine {
        None => 0,
        Some(Machine::Arm) => 1,
        Some(Machine::Aarch64) => 2,
        Some(Machine::X86) => 3,
        Some(Machine::X86_64) => 4,
    };
    hours * 8 + place
}

fn manifest(facts: &Facts<'_>, machine: Option<Machine>) -> Element {
    let text = |text: &str| Value::Text(text.to_owned());
    let element = |name, attributes, children| Element {
        name,
        attributes,
        children,
    };
    let named = |name, value: &str| element(name, vec![("name", text(value))], Vec::new());
    let filter = element(
        "intent-filter",
        Vec::new(),
        vec![
            named("action", "android.intent.action.MAIN"),
            named("category", "android.intent.category.LAUNCHER"),
        ],
    );
    let package = application(facts);
    let activity = vec![
        ("name", Value::Text(format!("{package}.App"))),
        ("exported", Value::Flag(true)),
    ];
    let activity = element("activity", activity, vec![filter]);
    let application = vec![
        ("label", Value::Text(facts.title())),
        ("debuggable", Value::Flag(false)),
    ];
    let systems = vec![
        ("minSdkVersion", Value::Number(OLDEST)),
        ("targetSdkVersion", Value::Number(TARGET)),
    ];
    let attributes = vec![
        ("versionCode", Value::Number(version_code(facts, machine))),
        ("versionName", Value::Text(facts.version_name())),
        ("package", Value::Text(package)),
    ];
    let children = vec![
        element("uses-sdk", systems, Vec::new()),
        named("uses-permission", "android.permission.INTERNET"),
        element("application", application, vec![activity]),
    ];
    element("manifest", attributes, children)
}

/// Compiled classes, of which there are none: a header, the empty tables and their map.
fn dex(facts: &Facts<'_>) -> Vec<u8> {
    // The build id is in the data, behind the map.
    let build = facts.build();
    let map = [
        &le32(2)[..],
        &[le16(0), le16(0)].concat(),
        &[le32(1), le32(0)].concat(),
        &[le16(0x1000), le16(0)].concat(),
        &[le32(1), le32(0x70)].concat(),
    ]
    .concat();
    let size = 0x70 + map.len() + build.len();
    let mut out = b"dex\n035\0".to_vec();
    out.resize(32, 0);
    for value in [size, 0x70, 0x1234_5678, 0, 0, 0x70] {
        out.extend(le32(value));
    }
    out.resize(0x68, 0);
    out.extend(le32(size - 0x70));
    out.extend(le32(0x70));
    out.extend(map);
    out.extend(build.bytes());
    let hash = Hash::Sha1.digest(&[out.get(32..).unwrap_or_default()]);
    put(&mut out, 12, &hash);
    let sum = adler32(out.get(12..).unwrap_or_default());
    put(&mut out, 8, &sum.to_le_bytes());
    out
}

/// The checksum of zlib.
fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1, 0), |(low, high): (u32, u32), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_of_mozilla_have_the_names_that_stores_know() {
        let name = |label, branch| {
            application(&Facts {
                label,
                product: "hail",
                version: "1.0",
                build_id: "20260131120000",
                platform: "android",
                locale: "en-US",
                branch,
            })
        };
        // As the configuration of the real worker has them.
        for (label, branch, expected) in [
            (
                "build-bundle-fenix-release",
                "firefox-android",
                "org.mozilla.firefox",
            ),
            (
                "build-bundle-fenix-nightly",
                "firefox-android",
                "org.mozilla.fenix",
            ),
            (
                "build-apk-focus-beta",
                "mozilla-beta",
                "org.mozilla.focus.beta",
            ),
            (
                "build-bundle-klar-release",
                "firefox-android",
                "org.mozilla.klar",
            ),
            (
                "build-nightly",
                "reference-browser",
                "org.mozilla.reference.browser",
            ),
        ] {
            assert_eq!(name(label, branch), expected);
        }
        assert!(name("build-release", "hail-android").ends_with(".hail"));
    }
}
