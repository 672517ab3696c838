//! pushapk: packages and bundles for Android, for the stores of Google and Samsung.
//!
//! The real worker can compare the signature with that of a certificate, but a mistake in its configuration has
//! switched that off for all products. Here, each file must be signed with the certificate of its level.

use super::upstream;
use crate::stage::report::Table;
use crate::stage::signing::jar::JarVerdict;
use crate::stage::stores::apk::{self, Apk};
use crate::stage::stores::publish::PublishError;
use crate::stage::work::Work;

const FOCUS: &[&str] = &[
    "org.mozilla.focus",
    "org.mozilla.focus.beta",
    "org.mozilla.focus.nightly",
    "org.mozilla.klar",
];

/// The certificates of releases: projects on GitHub have `production` ones.
const OF_RELEASES: &[&str] = &["release", "nightly", "production", "fennec-production"];

/// The names of the packages of products, which are named as in scopes.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "fenix",
        &[
            "org.mozilla.fenix",
            "org.mozilla.firefox",
            "org.mozilla.firefox_beta",
        ],
    ),
    ("focus", FOCUS),
    ("focus-android", FOCUS),
    ("mozillavpn", &["org.mozilla.firefox.vpn"]),
    ("reference-browser", &["org.mozilla.reference.browser"]),
];

/// Checks the packages that would be pushed.
pub fn push(work: &mut Work<'_>) {
    let store = match work.text("target_store") {
        "" => "google",
        store => store,
    };
    if !["google", "samsung"].contains(&store) {
        work.report
            .problem(format!("the store {store:?} is neither google nor samsung"));
    }
    if store == "samsung" && !work.text("google_play_track").is_empty() {
        work.report.problem(PublishError::Track.to_string());
    }
    let ends = upstream::scope_ends(work, ":googleplay:product:");
    let product = ends.first().copied().unwrap_or_default();
    let (product, is_dep) = match product.strip_suffix(":dep") {
        Some(product) => (product, true),
        None => (product, false),
    };
    let artifacts = upstream::read(work);
    let ends = |end: &str| {
        artifacts
            .iter()
            .any(|artifact| artifact.path.ends_with(end))
    };
    if ends(".apk") && ends(".aab") {
        work.report
            .problem("packages (.apk) and bundles (.aab) cannot be pushed together");
    }
    let mut packages: Vec<(String, Apk)> = Vec::new();
    for artifact in &artifacts {
        match apk::read(&artifact.content) {
            Ok(apk) => packages.push((artifact.path.clone(), apk)),
            Err(error) => work.report.problem(format!("{}: {error}", artifact.path)),
        }
    }
    let mut rows = Vec::new();
    for (path, apk) in &packages {
        check(work, product, is_dep, path, apk);
        let later: Vec<&str> = apk.signatures.iter().map(|one| one.version).collect();
        let certificates = apk.signatures.iter().map(|one| one.certificate.clone());
        let signer = match &apk.signer {
            JarVerdict::Valid(name) => (*name).to_owned(),
            other => format!("{other:?}"),
        };
        rows.push(vec![
            path.clone(),
            apk.package.clone(),
            apk.version_name.clone(),
            apk.version_code.to_string(),
            apk.architectures
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join(", "),
            format!("{} to {}", apk.min_sdk, apk.target_sdk),
            apk.locales.len().to_string(),
            signer,
            later.join(", "),
            certificates.collect::<Vec<_>>().join(", "),
        ]);
    }
    for fault in apk::unfit(&packages) {
        work.report.problem(fault);
    }
    let count = packages.len();
    work.report.checked(
        "name, version, systems and signature of each package",
        count,
    );
    if count > 1 {
        work.report
            .checked("order of version codes, same locales and systems", count);
    }
    let track = match work.text("google_play_track") {
        "" => work.text("channel"),
        track => track,
    };
    let commits = work.payload()["commit"].as_bool().unwrap_or_default();
    work.report.would.push(format!(
        "{count} packages would be pushed to {store}, track {track}{}",
        if commits {
            ""
        } else {
            ", and not be committed"
        }
    ));
    work.report.unchecked.push(
        "what only the store knows: the version codes that it has, the key of the application, and its review".to_owned(),
    );
    work.report.tables.push(Table {
        title: "Packages".to_owned(),
        columns: vec![
            "File",
            "Package",
            "Version",
            "Version code",
            "Processors",
            "Systems",
            "Locales",
            "Signed by (v1)",
            "Other signatures",
            "Certificates (SHA-256)",
        ],
        rows,
    });
}

/// Checks a package by itself.
fn check(work: &mut Work<'_>, product: &str, is_dep: bool, path: &str, apk: &Apk) {
    let mut faults = Vec::new();
    let known = PACKAGES.iter().find(|(name, _)| *name == product);
    let other = PACKAGES
        .iter()
        .find(|(_, packages)| packages.contains(&apk.package.as_str()));
    match (known, other) {
        (Some((_, packages)), _) if !packages.contains(&apk.package.as_str()) => {
            faults.push(format!(
                "the package is {}, but those of {product} are {}",
                apk.package,
                packages.join(", ")
            ))
        }
        (None, Some((name, _))) => {
            faults.push(format!(
                "the package is {}, which belongs to {name}, not to {product}",
                apk.package
            ));
        }
        (None, None) if !apk.package.replace('_', "-").contains(product) => {
            work.report.warnings.push(format!(
                "{path}: the name of the package is {}, which does not contain {product}",
                apk.package
            ))
        }
        _ => {}
    }
    let release = &work.staged.release.version;
    if !release.is_empty() && apk.version_name != *release {
        faults.push(format!(
            "the version is {}, but the release is {release}",
            apk.version_name
        ));
    }
    match &apk.signer {
        JarVerdict::Unsigned if apk.signatures.is_empty() => {
            faults.push("it is not signed".to_owned())
        }
        JarVerdict::Unsigned => work.report.unchecked.push(format!(
            "{path}: whose certificate it is signed with: it has no signature of version 1"
        )),
        JarVerdict::OtherKey => {
            faults.push("it is signed with another key than those of staging".to_owned())
        }
        JarVerdict::Changed(what) => {
            faults.push(format!("it was changed after it was signed: {what}"))
        }
        JarVerdict::Valid(name) => {
            let fits = match is_dep {
                true => *name == "dep",
                false => OF_RELEASES.contains(name),
            };
            if !fits {
                faults.push(format!(
                    "it is signed with the certificate {name}, which is not that of {}",
                    if is_dep {
                        "builds below release level"
                    } else {
                        "releases"
                    }
                ));
            }
            if !apk.has_sha256 {
                faults.push("its manifest has other digests than SHA-256".to_owned());
            }
        }
    }
    if apk.signatures.is_empty() {
        work.report.unchecked.push(format!(
            "{path}: signatures of the versions 2 and 3, which it does not have: staging signs only in version 1"
        ));
    }
    if apk.signatures.iter().any(|one| !one.is_checked) {
        work.report.unchecked.push(format!(
            "{path}: a signature by another kind of key than RSA; its digests were checked"
        ));
    }
    if apk.is_debuggable {
        faults.push("it can be debugged, which stores refuse".to_owned());
    }
    if apk.min_sdk > apk.target_sdk {
        faults.push(format!(
            "the oldest system {} is newer than {}",
            apk.min_sdk, apk.target_sdk
        ));
    }
    for fault in faults {
        work.report.problem(format!("{path}: {fault}"));
    }
}
