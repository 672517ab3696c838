//! pushmsix: packages for the Microsoft Store.

use super::upstream;
use crate::stage::report::Table;
use crate::stage::stores::msix;
use crate::stage::work::Work;

/// Checks the packages that would be pushed.
pub fn push(work: &mut Work<'_>) {
    upstream::check_channel(work, &["beta", "release", "esr", "mock"]);
    let artifacts = upstream::read(work);
    let release = work.staged.release.version.as_str();
    let mut packages: Vec<(String, msix::Msix)> = Vec::new();
    for artifact in artifacts {
        match msix::read(&artifact.content) {
            Ok(package) => packages.push((artifact.path, package)),
            Err(error) => work.report.problem(format!("{}: {error}", artifact.path)),
        }
    }
    let mut rows = Vec::new();
    let mut blocks = 0;
    for (path, package) in &packages {
        blocks += package.blocks;
        // The application of a beta does not name its number.
        let is_own = release.is_empty()
            || package.application_version == release
            || release
                .strip_prefix(&package.application_version)
                .is_some_and(is_suffix);
        if !is_own {
            work.report.problem(format!(
                "{path}: the application has the version {}, but the release is {release}",
                package.application_version
            ));
        }
        let of = match release {
            "" => package.application_version.as_str(),
            release => release,
        };
        match msix::version(of, &package.build_id) {
            Some(expected) if expected != package.version => work.report.problem(format!(
                "{path}: the package has the version {}, but {expected} is that of {of}",
                package.version
            )),
            Some(_) => {}
            None => work.report.problem(format!(
                "{path}: {of} with the build id {:?} has no version for the store",
                package.build_id
            )),
        }
        rows.push(vec![
            path.clone(),
            package.name.clone(),
            package.publisher.clone(),
            package.version.clone(),
            package.architecture.clone(),
            package.blocks.to_string(),
            package.is_signed.to_string(),
        ]);
    }
    for (i, (path, package)) in packages.iter().enumerate() {
        for (other_path, other) in packages.iter().skip(i + 1) {
            if package.architecture == other.architecture {
                work.report.problem(format!(
                    "{path} and {other_path} are both for the processor {}",
                    package.architecture
                ));
            }
            if (&package.name, &package.publisher) != (&other.name, &other.publisher) {
                work.report.problem(format!(
                    "{path} and {other_path} belong to different applications or publishers"
                ));
            }
        }
    }
    work.report
        .checked("identity and version of each package", packages.len());
    work.report
        .checked("blocks of files against AppxBlockMap.xml", blocks);
    work.report.would.push(format!(
        "{} packages would be pushed to the channel {}",
        packages.len(),
        work.text("channel")
    ));
    work.report.unchecked.push(
        "what only the store knows: the reserved name and publisher, its own certification, and the version there now"
            .to_owned(),
    );
    work.report.tables.push(Table {
        title: "Packages".to_owned(),
        columns: vec![
            "Package",
            "Name",
            "Publisher",
            "Version",
            "Processor",
            "Blocks",
            "Signed",
        ],
        rows,
    });
}

/// Whether a text may follow the version of an application in that of its release.
fn is_suffix(text: &str) -> bool {
    text == "esr"
        || text
            .strip_prefix('b')
            .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}
