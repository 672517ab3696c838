//! The manifest of system add-ons that a task has put into the archive.

use crate::base::value::Value;
use crate::stage::archive::addon_manifest::{self, PlacedAddon};
use crate::stage::archive::artifact_map::Plan;
use crate::stage::python_json::indented;
use crate::stage::stores::addon;
use crate::stage::work::Work;

/// Makes the manifest: the add-ons in the order of the payload, each at its first place in the archive, whose
/// address this is.
pub fn manifest(work: &mut Work<'_>, plan: &Plan, address: &str) {
    let properties = &work.payload()["releaseProperties"];
    let text = |name: &str| properties[name].as_str().unwrap_or_default();
    let (hash_type, build_id) = (text("hashType"), text("buildid"));
    let mut addons = Vec::new();
    for destination in first_destinations(work.payload()) {
        let Some(placed) = plan.files.get(destination) else {
            continue;
        };
        let artifact = &placed.artifact;
        let Some(content) = work.artifact(&artifact.task_id, &artifact.path) else {
            continue;
        };
        let addon = match addon::read(&content) {
            Ok(addon) => addon,
            Err(error) => {
                work.report
                    .problem(format!("{artifact} is not an add-on: {error}"));
                continue;
            }
        };
        let Some(hash) = placed.sums.hashes.get(hash_type) else {
            work.report.problem(format!(
                "{artifact} has no {hash_type} hash, which `hashType` of the release properties names"
            ));
            continue;
        };
        addons.push(PlacedAddon {
            addon,
            url: format!("{address}/{destination}"),
            hash: hash.clone(),
            size: placed.sums.size,
        });
    }
    work.report
        .checked("id and version of each add-on", addons.len());
    let manifest = addon_manifest::manifest(hash_type, build_id, &addons);
    work.make(
        "public/manifest.json",
        indented(&manifest, 4).into_bytes(),
        "application/json",
    );
}

/// The first place of each artifact.
fn first_destinations(payload: &Value) -> impl Iterator<Item = &str> {
    let map = payload["artifactMap"].as_array().into_iter().flatten();
    let paths = map.flat_map(|entry| entry["paths"].as_object().into_iter().flatten());
    paths.filter_map(|(_, place)| place["destinations"].texts().next())
}
