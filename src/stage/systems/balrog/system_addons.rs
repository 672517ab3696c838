//! `submit-system-addons`: a release of system add-ons.

use std::collections::BTreeSet;

use super::access::{self, Access};
use super::files::{Offered, compare, path};
use super::{hosts, manifest, refused};
use crate::stage::balrog_state::{RELEASES, Release, parts};
use crate::stage::balrog_worker::system_addons::{PRODUCT, SystemAddons};
use crate::stage::report::Table;
use crate::stage::work::Work;

/// Makes a release of the add-ons in a manifest.
pub fn submit_system_addons(work: &mut Work<'_>) {
    let Some(Access { is_staging, .. }) = access::access(work) else {
        return;
    };
    let Some(manifest) = manifest::read(work, "add-ons") else {
        return;
    };
    let addons = match SystemAddons::read(&manifest.content) {
        Ok(addons) => addons,
        Err(errors) => {
            let place = &manifest.place;
            let errors = errors.iter().map(|error| format!("{place}: {error}"));
            work.report.problems.extend(errors);
            return;
        }
    };
    let state = work.all;
    let name = addons.name.as_str();
    if let Some(entry) = state.get(RELEASES, name) {
        work.report.problem(format!(
            "the release {name} exists already, from {}: Balrog refuses another one of this name",
            entry.authors()
        ));
    }
    work.report
        .checked("that the name of the release is new", 1);
    let mut places = BTreeSet::new();
    let mut rows = Vec::new();
    for addon in &addons.addons {
        let compared = match path(&addon.url) {
            Some(path) => compare(
                state,
                Offered {
                    path,
                    size: addon.size,
                    hash: &addon.hash,
                    algorithm: &addons.hash_function,
                },
            ),
            None => Err(format!("{:?} is not the address of a file", addon.url)),
        };
        if let Err(why) = compared {
            work.report.problem(format!("{}: {why}", addon.name));
        }
        if !places.insert(addon.url.as_str()) {
            work.report.problem(format!(
                "{}: another add-on has the same file, {}",
                addon.name, addon.url
            ));
        }
        rows.push(vec![
            addon.name.clone(),
            addon.version.clone(),
            addon.url.clone(),
            addon.size.to_string(),
        ]);
    }
    let what = "size and hash of each file against the file in the archive";
    let table = Table {
        title: "System add-ons".to_owned(),
        columns: vec!["Id", "Version", "Address", "Bytes"],
        rows,
    };
    work.report.checked_rows(what, table);
    let release = Release {
        product: PRODUCT.to_owned(),
        blob: addons.blob(),
        read_only: false,
    };
    let (allowlist, unknown) = hosts::allowlist(state, (PRODUCT, name), is_staging);
    work.report.unchecked.extend(unknown);
    refused::check(work, &allowlist, name, &release);
    for (space, key, value) in parts(name, &release) {
        work.change(space, key, value);
    }
    work.report.would.push(format!(
        "{name} would be made; clients are offered it when a rule leads to it, which people add"
    ));
    access::report(work, &[addons.request()]);
}
