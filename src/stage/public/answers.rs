//! Whether the update server answers as the history says.

use super::read::{Reader, Unreadable, Wanted};
use crate::base::name::TaskId;
use crate::stage::balrog::answer::serve_update;
use crate::stage::balrog::world::World;
use crate::stage::balrog_state::locales;
use crate::stage::balrog_state::world::world;
use crate::stage::history::Bundle;

/// The most bytes of an answer.
const MAX_ANSWER: u64 = 256 << 10;

/// The most requests: production is asked no more than a few users do.
const MAX_REQUESTS: usize = 100;

/// The status of an answer with a text.
const OK: u16 = 200;

/// The status of an answer that there is nothing at the address.
const NOT_FOUND: u16 = 404;

/// The numbers that a background rate is compared with: those of the first and of the last user that it serves.
const DICE: [u8; 2] = [0, 99];

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The number of answers that follow from the history.
    pub confirmed: usize,
    /// The others.
    pub different: Vec<String>,
    /// The number of requests that were not made, as they are too many.
    pub left: usize,
}

/// Asks the update server for a build of each platform of each release, and compares.
///
/// # Errors
/// When it cannot be read.
pub fn compare(
    reader: &dyn Reader,
    server: &str,
    wanted: &Wanted,
    bundle: &Bundle,
) -> Result<Answers, Unreadable> {
    // The id only says where effects come from.
    let merged = bundle.merged(&TaskId::from_uuid_bytes([0; 16]));
    let world = world(&merged, &|_| false);
    let mut answers = Answers::default();
    let mut paths = paths(&world, wanted);
    answers.left = paths.len().saturating_sub(MAX_REQUESTS);
    paths.truncate(MAX_REQUESTS);
    for path in paths {
        let address = format!("{server}{path}");
        let found = found(reader, &address)?;
        let own = DICE.map(|die| {
            let (status, _, body) = serve_update(&world, &path, &[], die);
            (status, (status == OK).then_some(body))
        });
        match own.contains(&found) {
            true => answers.confirmed += 1,
            false => answers.different.push(format!(
                "{address}: the update server answers something else than follows from its rules and releases"
            )),
        }
    }
    Ok(answers)
}

/// The status of an answer, and its text if it is no refusal.
fn found(reader: &dyn Reader, address: &str) -> Result<(u16, Option<String>), Unreadable> {
    match reader.get(address, MAX_ANSWER) {
        Ok(Some(text)) => Ok((OK, Some(String::from_utf8_lossy(&text).into_owned()))),
        Ok(None) => Ok((NOT_FOUND, None)),
        Err(Unreadable {
            status: Some(status),
            ..
        }) => Ok((status, None)),
        Err(error) => Err(error),
    }
}

/// The requests: of the first locale of each platform of each release, on each channel.
fn paths(world: &World, wanted: &Wanted) -> Vec<String> {
    let mut paths = Vec::new();
    for channel in &wanted.channels {
        for release in world.releases.values() {
            let mut last = None;
            for (platform, locale, data) in locales(&release.blob) {
                if last.replace(platform) == Some(platform) {
                    continue;
                }
                let version = data["appVersion"].as_str();
                let version = version.or(release.blob["appVersion"].as_str());
                let (Some(version), Some(build_id)) = (version, data["buildID"].as_str()) else {
                    continue;
                };
                let parts = [
                    &wanted.product,
                    version,
                    build_id,
                    platform,
                    locale,
                    channel,
                ];
                if parts.iter().all(|part| is_plain(part)) {
                    let parts = parts.join("/");
                    paths.push(format!(
                        "/update/3/{parts}/default/default/default/update.xml"
                    ));
                }
            }
        }
    }
    paths
}

/// Whether a text is a part of an address as it is.
fn is_plain(part: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::{Object, json};
    use crate::stage::balrog_state::{LOCALES, Release, locale_key, parts};
    use crate::stage::state::Effect;

    /// A server that has nothing.
    struct Nothing;

    impl Reader for Nothing {
        fn get(&self, _: &str, _: u64) -> Result<Option<Vec<u8>>, Unreadable> {
            Ok(None)
        }
    }

    #[test]
    fn what_is_not_asked_is_counted() {
        let name = "Hail-1.0-build1";
        let locale = json!({"appVersion": "1.0", "buildID": "20260131120000"});
        let platforms: Object = (0..MAX_REQUESTS + 2)
            .map(|number| {
                let platform = json!({"locales": {"de": (locale.clone())}});
                (format!("P{number}"), platform)
            })
            .collect();
        let blob = json!({"name": name, "schema_version": 9, "platforms": (platforms)});
        let release = Release {
            product: "Hail".to_owned(),
            blob: blob.as_object().unwrap().clone(),
            read_only: false,
        };
        let effect = |space: &str, key: String, value| Effect {
            space: space.to_owned(),
            key,
            value,
        };
        let parts = parts(name, &release).into_iter();
        let mut effects: Vec<Effect> = parts
            .map(|(space, key, value)| effect(space, key, value))
            .collect();
        effects.extend(locales(&blob).map(|(platform, locale, data)| {
            effect(LOCALES, locale_key(name, platform, locale), data.clone())
        }));
        let bundle = Bundle {
            effects,
            ..Bundle::default()
        };
        let wanted = Wanted {
            product: "Hail".to_owned(),
            channels: vec!["release".to_owned()],
            releases: Vec::new(),
        };
        let answers = compare(&Nothing, "http://localhost", &wanted, &bundle).unwrap();
        assert_eq!(answers.left, 2);
        assert_eq!(answers.confirmed + answers.different.len(), MAX_REQUESTS);
    }
}
