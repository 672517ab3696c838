//! Snaps: images with the application and its description.

use super::archive::Member;
use super::facts::{Facts, Machine};
use super::squash::image;
use super::tree::tree;

/// A snap with the application.
#[must_use]
pub fn snap(facts: &Facts<'_>) -> Option<Vec<u8>> {
    image(&members(facts), facts.seconds())
}

/// The name of a machine in packages of Debian, and in snaps.
#[must_use]
pub fn debian_machine(machine: Machine) -> &'static str {
    match machine {
        Machine::Arm => "armhf",
        Machine::Aarch64 => "arm64",
        Machine::X86 => "i386",
        Machine::X86_64 => "amd64",
    }
}

fn members(facts: &Facts<'_>) -> Vec<Member> {
    let (product, title) = (facts.product_name(), facts.title());
    let name = product.replace(['_', '.'], "-");
    let (version, machine) = (facts.version_name(), debian_machine(facts.machine()));
    let description = format!(
        "name: {name}\nversion: '{version}'\nsummary: {title}\n\
         description: |\n  {title} is a small application for rehearsals of releases.\n\
         base: core22\ngrade: stable\nconfinement: strict\narchitectures:\n- {machine}\n\
         apps:\n  {name}:\n    command: {name}.launcher\n    desktop: meta/gui/{name}.desktop\n    \
         plugs:\n    - desktop\n    - network\n"
    );
    let launcher = format!("#!/bin/sh\nexec \"$SNAP/usr/lib/{product}/{product}\" \"$@\"\n");
    let mut members = vec![
        ("meta/snap.yaml".to_owned(), 0o644, description.into_bytes()),
        (
            format!("meta/gui/{name}.desktop"),
            0o644,
            desktop(&title, &name).into_bytes(),
        ),
        (format!("{name}.launcher"), 0o755, launcher.into_bytes()),
    ];
    for (path, file) in tree(facts).files {
        members.push((format!("usr/lib/{product}/{path}"), file.mode, file.content));
    }
    members
}

/// The entry in the menus of desktops.
#[must_use]
pub fn desktop(title: &str, command: &str) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nVersion=1.0\nName={title}\nExec={command} %u\n\
         Terminal=false\nCategories=Network;WebBrowser;\n"
    )
}
