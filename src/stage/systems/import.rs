//! beetmover: packages of the archive that an apt or yum repository imports.
//!
//! The repository itself is a service of another company. What it needs is checked: each package is in the
//! archive and is one of its kind, says its name, version and architecture, belongs to the release, and is no
//! other one than a package of the same name, version and architecture that was imported before. What was
//! imported is the space `packages` of the state.

use std::collections::BTreeMap;

use crate::base::value::json;
use crate::stage::archive::SPACE as ARCHIVE;
use crate::stage::archive::access::ResourceKind;
use crate::stage::archive::direct::check_import;
use crate::stage::archive::packages::Package;
use crate::stage::report::Table;
use crate::stage::work::Work;

/// The space of packages in repositories.
const SPACE: &str = "packages";

/// A package to import.
struct Import {
    path: String,
    package: Package,
    sha512: String,
    size: u64,
}

/// Imports the packages of the payload.
pub fn import(work: &mut Work<'_>) {
    let Some((kind, repository)) = repository(&work.staged.scopes) else {
        return work
            .report
            .problem("no scope names an apt-repo or a yum-repo");
    };
    let sources = work.payload()["gcs_sources"].texts();
    let sources: Vec<String> = sources.map(str::to_owned).collect();
    if sources.is_empty() {
        return work.report.problem("there is nothing to import");
    }
    let merged = work.merged;
    let errors = check_import(kind, &sources, |path| merged.get(ARCHIVE, path).is_some());
    let errors = errors.iter().map(ToString::to_string);
    work.report.problems.extend(errors);
    work.report
        .checked("each package is in the archive", sources.len());
    let imports = sources.into_iter();
    let imports: Vec<Import> = imports.filter_map(|path| read(work, kind, path)).collect();
    work.report.checked(
        "name, version and architecture of each package",
        imports.len(),
    );
    belong(work, &imports);
    record(work, kind, repository, &imports);
}

/// The repository that the scopes name.
fn repository(scopes: &[String]) -> Option<(ResourceKind, &str)> {
    let kind = ResourceKind::of(scopes)?;
    let part = match kind {
        ResourceKind::AptRepository => ":apt-repo:",
        ResourceKind::YumRepository => ":yum-repo:",
        ResourceKind::Bucket => return None,
    };
    let mut names = scopes
        .iter()
        .filter_map(|scope| Some(scope.split_once(part)?.1));
    Some((kind, names.next()?))
}

/// Reads a package of the archive.
fn read(work: &mut Work<'_>, kind: ResourceKind, path: String) -> Option<Import> {
    let entry = work.merged.get(ARCHIVE, &path)?;
    let content = &entry.value["content"];
    let task = content["taskId"].as_str().unwrap_or_default();
    let Some(artifact) = content["artifact"].as_str() else {
        work.report
            .unchecked
            .push(format!("the package {path}, whose content is private"));
        return None;
    };
    let Some(content) = work.artifact(task, artifact) else {
        work.report.problem(format!(
            "{path} is in the archive, but its content is gone: the task {task} has no artifact `{artifact}`"
        ));
        return None;
    };
    match Package::read(kind, &content) {
        Ok(package) => Some(Import {
            path,
            package,
            sha512: entry.value["sha512"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            size: content.len() as u64,
        }),
        Err(error) => {
            work.report.problem(format!("{path}: {error}"));
            None
        }
    }
}

/// Checks that the packages are those of the release.
fn belong(work: &mut Work<'_>, imports: &[Import]) {
    let version = work.staged.release.version.clone();
    if version.is_empty() {
        work.report
            .unchecked
            .push("whether the packages belong to the release, which has no version".to_owned());
        return;
    }
    for Import { path, package, .. } in imports {
        if !package.is_of(&version) {
            work.report.problem(format!(
                "{path} has the version {}, but the release is {version}",
                package.version
            ));
        }
    }
    work.report
        .checked("each package belongs to the release", imports.len());
}

/// Records the packages, unless the repository has others of the same name, version and architecture.
fn record(work: &mut Work<'_>, kind: ResourceKind, repository: &str, imports: &[Import]) {
    let mut rows = Vec::new();
    let mut known: BTreeMap<String, &Import> = BTreeMap::new();
    let word = kind.word();
    for import in imports {
        let Package {
            name,
            version,
            architecture,
        } = &import.package;
        let key = format!("{word}:{repository}:{name}:{version}:{architecture}");
        let what = format!("{name} {version} for {architecture}");
        if let Some(other) = known.get(&key) {
            work.report.problem(format!(
                "{} and {} are both {what}; a repository has one of them",
                other.path, import.path
            ));
            continue;
        }
        known.insert(key.clone(), import);
        match work.all.get(SPACE, &key) {
            Some(entry) if entry.value["sha512"] != import.sha512.as_str() => {
                work.report.problem(format!(
                    "{} is {what}, imported by {} with other content",
                    import.path,
                    entry.authors()
                ));
            }
            Some(_) => work
                .report
                .would
                .push(format!("{what} is in the repository already")),
            None => {}
        }
        rows.push(vec![
            name.clone(),
            version.clone(),
            architecture.clone(),
            import.path.clone(),
            import.size.to_string(),
        ]);
        let value = json!({"path": import.path, "sha512": import.sha512});
        work.change(SPACE, key, value);
    }
    work.report.checked(
        "no package replaces another one of its name, version and architecture",
        rows.len(),
    );
    work.report.would.push(format!(
        "{} packages would be imported into the {word} {repository}",
        rows.len()
    ));
    work.report.unchecked.push(format!(
        "what the {word} {repository} holds of earlier releases, and its index"
    ));
    work.report.tables.push(Table {
        title: "Packages".to_owned(),
        columns: vec!["Package", "Version", "Architecture", "Path", "Bytes"],
        rows,
    });
}
