//! Packages for Debian: an `ar` archive with the description and the files.

use super::archive::{Member, Packing, tarball};
use super::facts::Facts;
use super::snap::{debian_machine, desktop};
use super::tree::tree;

/// A package with the application.
#[must_use]
pub fn package(facts: &Facts<'_>) -> Option<Vec<u8>> {
    let time = facts.seconds();
    let (product, title) = (package_name(facts), facts.title());
    let files = files(facts);
    let size: usize = files.iter().map(|(_, _, content)| content.len()).sum();
    let control = format!(
        "Package: {product}\nVersion: {}~build{}\nArchitecture: {}\nMaintainer: {title} <{product}@example.org>\n\
         Installed-Size: {}\nSection: web\nPriority: optional\nDescription: {title}\n \
         A small application for rehearsals of releases.\n",
        debian_version(facts),
        facts.build(),
        debian_machine(facts.machine()),
        size.div_ceil(1024),
    );
    let control = vec![("./control".to_owned(), 0o644, control.into_bytes())];
    let mut out = b"!<arch>\n".to_vec();
    for (name, content) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.xz", tarball(&control, Packing::Xz, time)?),
        ("data.tar.xz", tarball(&files, Packing::Xz, time)?),
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

/// The version, which begins with a digit. That of a beta is before the one that it becomes.
fn debian_version(facts: &Facts<'_>) -> String {
    let version = facts.version_name().replace('_', "-").replace('-', "+");
    let version = version.replace('b', "~b").replace('a', "~a");
    match version.starts_with(|c: char| c.is_ascii_digit()) {
        true => version,
        false => format!("0{version}"),
    }
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
