//! bouncer: products with their paths, aliases, and the paths of nightly products.
//!
//! The space [`PRODUCTS`] holds the products by name, [`ALIASES`] the product of each alias. Products are
//! submitted before their files are in the archive, so whether all files exist is noted in [`DEFERRED`], and
//! the check of bouncer finds out.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::text::plural;
use crate::base::value::{Object, Value, json};
use crate::stage::archive::SPACE;
use crate::stage::bouncer::aliases::{self, capitalized, describe};
use crate::stage::bouncer::database::{ALIASES, PRODUCTS, paths_of};
use crate::stage::bouncer::links::{Archive, Found, locales_of};
use crate::stage::bouncer::paths::PathError;
use crate::stage::bouncer::product::{BRANDS, Brand, Package, ProductName, is_system};
use crate::stage::bouncer::{nightly, paths};
use crate::stage::report::Table;
use crate::stage::work::Work;

/// The space of checks that a later task makes.
///
/// Only links need this: every other task reads what comes before it, which is there, or fails.
pub const DEFERRED: &str = "deferred";

/// The brands that the products of a task may have: those that the real worker knows, else that of the
/// release.
pub fn brands(product: &str) -> Vec<(String, String)> {
    let is_known = BRANDS.iter().any(|brand| brand.folder == product);
    match is_known || product.is_empty() {
        true => Vec::new(),
        false => vec![(capitalized(product), product.to_owned())],
    }
}

/// The brands with their rules.
pub fn rules<'a>(own: &'a [(String, String)]) -> Vec<Brand<'a>> {
    let own = own.iter().map(|(name, folder)| Brand {
        name,
        folder,
        file: folder,
        is_firefox: true,
        has_linux_arm: true,
    });
    BRANDS.iter().copied().chain(own).collect()
}

/// Adds products.
pub fn submission(work: &mut Work<'_>) {
    let own = brands(&work.staged.release.product);
    let brands = rules(&own);
    let merged = work.merged;
    let archive = Archive::new(merged.space(SPACE).map(|(path, _)| path));
    let locales: Vec<String> = work.payload()["locales"]
        .texts()
        .map(str::to_owned)
        .collect();
    let Some(entries) = work.payload()["submission_entries"].as_object() else {
        work.report
            .problem("`payload.submission_entries` is not a mapping");
        return;
    };
    let mut submitted = BTreeMap::new();
    let mut rows = Vec::new();
    let (mut count, mut files, mut later) = (0, 0, 0);
    for (product, entry) in entries.iter() {
        let Some(name) = ProductName::read(product, &brands) else {
            work.report.problem(format!(
                "{product} is not the name of a product, such as {}-94.0-SSL: the worker of bouncer refuses it",
                own.first().map_or("Firefox", |(name, _)| name.as_str())
            ));
            continue;
        };
        check_release(work, product, &name);
        let Some(entry) = read_entry(work, product, entry) else {
            continue;
        };
        for (system, path) in &entry.locations {
            count += 1;
            let checked = paths::check(product, path, &brands)
                .and_then(|()| paths::check_strictly(product, &name, system, path));
            if let Err(error) = checked {
                work.report.problem(error.to_string());
                continue;
            }
            let languages = match entry.has_locales {
                true => locales.clone(),
                false => vec!["en-US".to_owned()],
            };
            let (found, missing) = look(work, &archive, product, system, path, &languages);
            files += found;
            later += missing;
            rows.push(vec![
                product.to_string(),
                describe(name.package).to_owned(),
                system.clone(),
                path.clone(),
                found.to_string(),
            ]);
        }
        check_existing(work, product, &entry.locations);
        let languages = entry.has_locales.then(|| locales.clone());
        work.change(
            PRODUCTS,
            product.as_str(),
            json!({
                "locations": Value::Object(entry.locations.iter().map(|(k, v)| (k.clone(), Value::from(v))).collect()),
                "ssl_only": entry.ssl_only,
                "languages": languages.map_or(Value::Null, Value::from),
            }),
        );
        if !entry.locations.is_empty() {
            submitted.insert(product.to_string(), (name, entry.locations));
        }
    }
    work.report.checked("names of products", entries.len());
    work.report.checked(
        "each path against the rules of its product, its system and its release",
        count,
    );
    check_systems(work, &submitted);
    work.report.checked(
        "files that the paths lead to, of the candidate or release",
        files,
    );
    if later > 0 {
        work.report.unchecked.push(format!(
            "{} that the paths lead to, not in the archive yet: the check of bouncer looks for them after the push",
            plural(later, "file")
        ));
        for product in submitted.keys() {
            let check = json!({"check": "all paths lead to files of the archive", "made": false});
            work.change(DEFERRED, format!("{PRODUCTS}/{product}"), check);
        }
    }
    work.report.would.push(format!(
        "{} with {} and {} would be added",
        plural(submitted.len(), "product"),
        plural(count, "path"),
        plural(locales.len(), "locale")
    ));
    work.report.tables.push(Table {
        title: "Products".to_owned(),
        columns: vec!["Product", "Kind", "System", "Path", "Files found"],
        rows,
    });
}

/// Checks that a product belongs to the release of the task.
fn check_release(work: &mut Work<'_>, product: &str, name: &ProductName<'_>) {
    let release = &work.staged.release;
    let is_other = !release.version.is_empty() && name.version != release.version;
    let number = name.build_number.unwrap_or(release.build_number);
    if is_other || number != release.build_number {
        work.report.problem(format!(
            "{product} is not a product of this release, which is {} build {}",
            release.version, release.build_number
        ));
    }
}

/// What a task submits for a product.
struct Entry {
    locations: BTreeMap<String, String>,
    ssl_only: bool,
    has_locales: bool,
}

fn read_entry(work: &mut Work<'_>, product: &str, entry: &Value) -> Option<Entry> {
    let flag = |name: &str| entry["options"][name].as_bool();
    let paths = entry["paths_per_bouncer_platform"].as_object();
    let paths: Option<BTreeMap<String, String>> = paths.and_then(|paths| {
        let paths = paths.iter();
        paths
            .map(|(system, path)| Some((system.to_string(), path.as_str()?.to_owned())))
            .collect()
    });
    let (Some(ssl_only), Some(has_locales), Some(locations)) =
        (flag("ssl_only"), flag("add_locales"), paths)
    else {
        work.report.problem(format!(
            "{product}: the worker needs `options.ssl_only`, `options.add_locales` and \
             `paths_per_bouncer_platform` with texts"
        ));
        return None;
    };
    if locations.is_empty() {
        work.report.problem(format!("{product} has no paths"));
    }
    // Those of unknown systems are left out, since nothing else can be said about them.
    let (locations, unknown): (BTreeMap<_, _>, BTreeMap<_, _>) = locations
        .into_iter()
        .partition(|(system, _)| is_system(system));
    for system in unknown.into_keys() {
        let product = product.to_owned();
        let error = PathError::System { product, system };
        work.report.problem(error.to_string());
    }
    Some(Entry {
        locations,
        ssl_only,
        has_locales,
    })
}

/// Looks for the files of a path; returns how many exist, and how many may still come.
fn look(
    work: &mut Work<'_>,
    archive: &Archive<'_>,
    product: &str,
    system: &str,
    path: &str,
    languages: &[String],
) -> (usize, usize) {
    let is_one = !path.contains(":lang");
    let locales = locales_of(system, languages).take(if is_one { 1 } else { usize::MAX });
    let (mut found, mut later) = (0, 0);
    let mut missing = Vec::new();
    for locale in locales {
        match archive.look(path, locale, work.staged.release.build_number) {
            Found::File(_) | Found::Candidate(_) => found += 1,
            Found::NotYet(_) => later += 1,
            Found::Nothing(path) => missing.push(path),
        }
    }
    if let Some(first) = missing.first() {
        let more = match missing.len() - 1 {
            0 => String::new(),
            more => format!(", nor {} of other locales", plural(more, "file")),
        };
        work.report.problem(format!(
            "{product}: the path of {system} leads to no file: {first} is not in the archive{more}"
        ));
    }
    let others = archive.locales(path);
    let others = others.into_iter().filter(|locale| {
        let known = languages.iter().any(|known| known == locale);
        !known && !is_one && *locale != "multi"
    });
    let others: Vec<&str> = others.collect();
    if !others.is_empty() {
        work.report.problem(format!(
            "{product}: the archive has files of {system} for locales that the product does not have: {}",
            others.join(", ")
        ));
    }
    (found, later)
}

/// Checks that a product that exists already has no other paths: the worker would not change them, and its
/// own check of the result would fail.
fn check_existing(work: &mut Work<'_>, product: &str, locations: &BTreeMap<String, String>) {
    let Some(known) = work.merged.get(PRODUCTS, product) else {
        return;
    };
    let known_paths = paths_of(&known.value);
    if known_paths != *locations {
        let by = known.authors();
        work.report.problem(format!(
            "{product} exists already with other paths, from {by}"
        ));
    } else {
        work.report.would.push(format!(
            "{product} exists already, and would be left as it is"
        ));
    }
}

/// Checks that products have paths for all systems that similar products have.
fn check_systems(
    work: &mut Work<'_>,
    submitted: &BTreeMap<String, (ProductName<'_>, BTreeMap<String, String>)>,
) {
    let is_general = |package| {
        matches!(
            package,
            Package::Installer | Package::Complete | Package::Partial(_)
        )
    };
    let general = submitted
        .iter()
        .filter(|(_, (name, _))| is_general(name.package));
    let all: BTreeSet<&str> = general
        .clone()
        .flat_map(|(_, (_, paths))| paths.keys().map(String::as_str))
        .collect();
    let mut count = 0;
    for (product, (name, paths)) in submitted {
        let is_known = BRANDS.contains(&name.brand);
        let needs = |system: &str| match name.package {
            _ if is_general(name.package) => true,
            Package::LanguagePack => is_known,
            Package::Stub | Package::Other("msix") => is_known && system.starts_with("win"),
            Package::Other("msi") => is_known && ["win", "win64"].contains(&system),
            Package::Other("pkg") => is_known && system == "osx",
            _ => false,
        };
        let missing = all
            .iter()
            .filter(|system| needs(system) && !paths.contains_key(**system));
        let missing: Vec<&str> = missing.copied().collect();
        count += 1;
        if !missing.is_empty() {
            work.report.problem(format!(
                "{product} has no path for {}, which other products of the release have",
                missing.join(", ")
            ));
        }
    }
    work.report
        .checked("each product has the systems of the others", count);
}

/// Points aliases to products.
pub fn aliases(work: &mut Work<'_>) {
    let Some(entries) = work.payload()["aliases_entries"].as_object() else {
        work.report
            .problem("`payload.aliases_entries` is not a mapping");
        return;
    };
    let own = brands(&work.staged.release.product);
    let other = own.first().map(|(_, folder)| folder.as_str());
    let mut rows = Vec::new();
    for (alias, product) in entries.iter() {
        let Some(product) = product.as_str() else {
            work.report
                .problem(format!("the product of {alias} is not a text"));
            continue;
        };
        if let Err(error) = aliases::check(alias, product, other) {
            work.report.problem(error.to_string());
            continue;
        }
        let Some(known) = work.merged.get(PRODUCTS, product) else {
            work.report.problem(format!(
                "the alias {alias} leads to {product}, which was never submitted in this release"
            ));
            continue;
        };
        let systems = known.value["locations"].as_object();
        let systems = systems.map(|paths| paths.keys().map(|key| key.to_string()).collect());
        let systems: Vec<String> = systems.unwrap_or_default();
        let before = work.merged.get(ALIASES, alias).map(|entry| &entry.value);
        let before = before.and_then(Value::as_str).unwrap_or("unknown");
        rows.push(vec![
            alias.to_string(),
            before.to_owned(),
            product.to_owned(),
            systems.join(", "),
        ]);
        work.change(ALIASES, alias.as_str(), product.into());
    }
    work.report.checked(
        "each alias fits its product, which was submitted",
        entries.len(),
    );
    work.report.would.push(format!(
        "aliases that would lead to other products: {}",
        rows.len()
    ));
    work.report.tables.push(Table {
        title: "Aliases".to_owned(),
        columns: vec!["Alias", "Product before", "Product", "Systems"],
        rows,
    });
}

/// Changes the paths of nightly products to a new version.
pub fn locations(work: &mut Work<'_>) {
    let products = work.payload()["bouncer_products"]
        .texts()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let names: Vec<&str> = products.iter().map(String::as_str).collect();
    let product = work.text("product");
    let version = work.text("version");
    if !["firefox", "thunderbird"].contains(&product) {
        let error = nightly::NightlyError::Product(product.to_owned());
        work.report.problem(error.to_string());
    }
    let checks = [
        nightly::check_products(&names, product),
        nightly::check_nightly(version),
    ];
    for error in checks.into_iter().filter_map(Result::err) {
        work.report.problem(error.to_string());
    }
    work.report
        .checked("the products are those of nightly builds", names.len());
    work.report
        .checked("the version is one of a nightly build", 1);
    let mut rows = Vec::new();
    let mut count = 0;
    for name in &names {
        let Some(known) = work.merged.get(PRODUCTS, name) else {
            work.report.unchecked.push(format!(
                "whether {version} follows the version of {name}: its paths before this release are not known here"
            ));
            continue;
        };
        let mut value = known.value.clone();
        let paths = value["locations"].as_object().cloned().unwrap_or_default();
        let mut bumped = Object::default();
        for (system, path) in paths.iter() {
            count += 1;
            let path = path.as_str().unwrap_or_default();
            match next_path(name, path, version) {
                Ok(next) => {
                    rows.push(vec![
                        (*name).to_owned(),
                        system.to_string(),
                        path.to_owned(),
                        next.clone(),
                    ]);
                    bumped.insert(system.clone(), next);
                }
                Err(error) => work.report.problem(format!("{error} ({name}, {system})")),
            }
        }
        if let Value::Object(map) = &mut value {
            map.insert("locations", bumped);
        }
        work.change(PRODUCTS, *name, value);
    }
    work.report
        .checked("the version follows that of each path", count);
    work.report.would.push(format!(
        "{} would lead to {version}",
        plural(rows.len(), "path")
    ));
    work.report.tables.push(Table {
        title: "Paths of nightly products".to_owned(),
        columns: vec!["Product", "System", "Path before", "Path"],
        rows,
    });
}

/// The path of a nightly product for a version.
fn next_path(product: &str, path: &str, version: &str) -> Result<String, nightly::NightlyError> {
    let current = nightly::version_of(product, path)?;
    if current == version {
        return Ok(path.to_owned());
    }
    nightly::check_successive(current, version)?;
    Ok(nightly::bump(path, current, version))
}
