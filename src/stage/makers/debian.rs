//! Packages for Debian: an `ar` archive with the description and the files.

use super::archive::{Member, Packing, tarball};
use super::facts::Facts;
use super::snap::{debian_machine, desktop};
use super::tree::tree;

/// A package with the application.
#[must_use]
pub fn application(facts: &Facts<'_>) -> Option<Vec<u8>> {
    package(facts, &package_name(facts), "", &files(facts))
}

/// A package with a language pack, for the application of the same version.
#[must_use]
pub fn language_pack(facts: &Facts<'_>, content: Vec<u8>) -> Option<Vec<u8>> {
    let (of, locale) = (
        package_name(facts),
        facts.locale_name().to_ascii_lowercase(),
    );
    let name = format!("{of}-l10n-{}", locale.replace('_', "-"));
    let path = format!("./usr/lib/{of}/extensions/langpack-{locale}.xpi");
    let depends = format!("Depends: {of} (= {})\n", version(facts));
    package(facts, &name, &depends, &[(path, 0o644, content)])
}

/// A package. More fields of its description may be given, as lines.
fn package(facts: &Facts<'_>, name: &str, fields: &str, files: &[Member]) -> Option<Vec<u8>> {
    let time = facts.seconds();
    let title = facts.title();
    let size: usize = files.iter().map(|(_, _, content)| content.len()).sum();
    let control = format!(
        "Package: {name}\nVersion: {}\nArchitecture: {}\nMaintainer: {title} <{name}@example.org>\n\
         Installed-Size: {}\nSection: web\nPriority: optional\n{fields}Description: {title}\n \
         A small application for rehearsals of releases.\n",
        version(facts),
        debian_machine(facts.machine()),
        size.div_ceil(1024),
    );
    let control = vec![("./control".to_owned(), 0o644, control.into_bytes())];
    let mut out = b"!<arch>\n".to_vec();
    for (name, content) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.xz", tarball(&control, Packing::Xz, time)?),
        ("data.tar.xz", tarball(files, Packing::Xz, time)?),
    ] {
        let size = content.len();
        let header = format!(
            "{name:<16}{time:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
            0, 0, 100_644
        );
        out.extend(header.bytes());
        out.extend(content);
        if !size.is_multiple_of(2) {
            out.push(b'\n');
        }
    }
    Some(out)
}

/// The name of the package: letters, digits and hyphens.
#[must_use]
pub fn package_name(facts: &Facts<'_>) -> String {
    let name = facts.product_name().replace(['_', '.'], "-");
    if name.len() < 2 {
        format!("{name}-app")
    } else {
        name
    }
}

/// The version, which begins with a digit, and the build. That of a beta is before the one that it becomes.
fn version(facts: &Facts<'_>) -> String {
    let version = facts.version_name().replace(['_', '-'], "+");
    let version = version.replace('b', "~b").replace('a', "~a");
    let digit = version.starts_with(|c: char| c.is_ascii_digit());
    let zero = if digit { "" } else { "0" };
    format!("{zero}{version}~build{}", facts.build())
}

/// The files where packages of Linux distributions put them.
#[must_use]
pub fn files(facts: &Facts<'_>) -> Vec<Member> {
    let (name, product) = (package_name(facts), facts.product_name());
    let start = format!("#!/bin/sh\nexec /usr/lib/{name}/{product} \"$@\"\n");
    let menu = desktop(&facts.title(), &name);
    let mut files = vec![
        (format!("./usr/bin/{name}"), 0o755, start.into_bytes()),
        (
            format!("./usr/share/applications/{name}.desktop"),
            0o644,
            menu.into_bytes(),
        ),
    ];
    for (path, file) in tree(facts).files {
        files.push((format!("./usr/lib/{name}/{path}"), file.mode, file.content));
    }
    files
}
