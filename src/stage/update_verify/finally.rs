//! Verifies, when the release is out, that every file of its updates can be downloaded.
//!
//! The same configurations are used, on the channel that gets files from the mirrors. Each address is asked
//! once; of the files, only the size is compared, as a request for their first bytes tells it.

use std::collections::{BTreeMap, BTreeSet};

use super::config::Config;
use super::offer::Offer;
use super::world::{World, update_address};
use crate::base::text::plural;

/// The server that is asked if no configuration names one.
const SERVER: &str = "https://aus5.mozilla.org";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is wrong, with the word that the release's own script has for it.
    pub problems: Vec<String>,
    /// The addresses of the update server.
    pub asked: usize,
    /// The addresses of files.
    pub files: usize,
    /// A row for each file: its address, what it leads to, its size.
    pub rows: Vec<Vec<String>>,
}

/// Verifies the updates of configurations.
pub fn run(configs: &[Config], world: &mut dyn World) -> Outcome {
    let mut outcome = Outcome::default();
    let mut files: BTreeMap<(String, String), String> = BTreeMap::new();
    for (address, kinds) in addresses(configs) {
        outcome.asked += 1;
        let answer = world.ask(&address);
        if answer.status != 200 {
            let status = answer.status;
            outcome.problems.push(format!(
                "UPDATE_XML_UNAVAILABLE: the update server answers {status} to {address}"
            ));
            continue;
        }
        let offer = Offer::read(&answer.body);
        for kind in kinds {
            match offer.as_ref().and_then(|offer| offer.patch(&kind)) {
                Some(patch) => {
                    let file = (patch.address.to_owned(), patch.size.to_owned());
                    files.entry(file).or_insert_with(|| address.clone());
                }
                None => outcome
                    .problems
                    .push(format!("PATCH_TYPE_MISSING: no {kind} update at {address}")),
            }
        }
    }
    for ((file, size), address) in files {
        outcome.files += 1;
        match follow(&file, &size, world) {
            Ok(path) => outcome.rows.push(vec![file, path, size]),
            Err(why) => outcome
                .problems
                .push(format!("{why}; it is offered at {address}")),
        }
    }
    outcome
}

/// The addresses to ask, with the types of updates that have to be there.
fn addresses(configs: &[Config]) -> BTreeMap<String, BTreeSet<String>> {
    let mut addresses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut server = SERVER.to_owned();
    for config in configs {
        if let Some(own) = &config.aus_server {
            own.clone_into(&mut server);
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (product, channel) = (text(&config.product), text(&config.channel));
        let channel = channel.replacen("localtest", "cdntest", 1);
        for release in &config.releases {
            let [version, build_id, platform] =
                [&release.release, &release.build_id, &release.platform].map(text);
            for locale in &release.locales {
                let parts = [&product, &version, &build_id, &platform, locale, &channel];
                let address = update_address(&server, parts.map(String::as_str));
                let kinds = addresses.entry(address).or_default();
                kinds.extend(release.patch_types.iter().cloned());
            }
        }
    }
    addresses
}

/// Follows the address of a file of this size; returns its path.
fn follow(file: &str, size: &str, world: &mut dyn World) -> Result<String, String> {
    let path = world
        .locate(file)
        .map_err(|why| format!("NO_MAR_FILE: {why}"))?;
    let Some(stored) = world.stat(&path) else {
        return Err(format!(
            "NO_MAR_FILE: {file} leads to {path}, which the archive does not have"
        ));
    };
    match stored.size.to_string() == size {
        true => Ok(path),
        false => Err(format!(
            "MAR_FILE_WRONG_SIZE: {path} has {}, but is offered with {size}",
            plural(stored.size, "byte")
        )),
    }
}
