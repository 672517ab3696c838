//! The files that a release offers, in the archive.

use crate::base::text::plural;
use crate::base::value::{Object, Value};
use crate::stage::archive::SPACE;
use crate::stage::balrog::blob::app::file_urls;
use crate::stage::balrog::blob::line::substituted;
use crate::stage::balrog_worker::file_urls::is_local_test;
use crate::stage::merged::Merged;

/// The algorithm of the hashes of releases.
pub const HASH_FUNCTION: &str = "sha512";

/// A file that is offered, as the update server describes it.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'a> {
    /// The path in the archive.
    pub path: &'a str,
    /// The size in bytes.
    pub size: u64,
    /// The hash.
    pub hash: &'a str,
    /// The algorithm of the hash.
    pub algorithm: &'a str,
}

/// Compares a file that is offered with the one in the archive.
///
/// # Errors
/// What is wrong, in words.
pub fn compare(merged: &Merged, offered: Offered<'_>) -> Result<(), String> {
    let Offered {
        path,
        size,
        hash,
        algorithm,
    } = offered;
    let Some(entry) = merged.get(SPACE, path) else {
        return Err(format!("{path} is not in the archive"));
    };
    match entry.value["size"].as_u64() {
        Some(actual) if actual == size => {}
        Some(actual) => {
            return Err(format!(
                "{path} has {} in the archive, but {size} for the update server: clients would refuse it",
                plural(actual, "byte")
            ));
        }
        None => return Err(format!("{path} has no size in the archive to compare with")),
    }
    match entry.value[algorithm].as_str() {
        Some(actual) if actual.eq_ignore_ascii_case(hash) => Ok(()),
        Some(actual) => Err(format!(
            "{path} has the {algorithm} hash {actual} in the archive, but {hash} for the update server: clients would refuse it"
        )),
        None => Err(format!(
            "{path} has no {algorithm} hash in the archive to compare with"
        )),
    }
}

/// The path of a URL, without the slash before it.
pub fn path(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    (!host.is_empty() && !path.is_empty()).then_some(path)
}

/// The host of a URL.
pub fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|host| !host.is_empty())
}

/// The addresses that a channel has for one kind of files (`completes` or `partials`), by what they update from.
pub fn urls<'b>(blob: &'b Object, channel: &str, kind: &str) -> Option<&'b Object> {
    file_urls(&blob["fileUrls"], channel)?[kind].as_object()
}

/// An address with the names of a platform and a locale in it.
fn filled(url: &str, platform: &Value, locale: &str) -> String {
    let name = |key: &str| platform[key].as_str().unwrap_or_default();
    let values = [
        ("LOCALE", locale),
        ("OS_FTP", name("OS_FTP")),
        ("OS_BOUNCER", name("OS_BOUNCER")),
    ];
    substituted(url, &values)
}

/// The paths in the archive of the complete updates of a locale, as test channels that lead to candidates have them.
pub fn complete_paths(blob: &Object, (target, locale): (&str, &str)) -> Vec<String> {
    let platform = &blob["platforms"][target];
    let channels = blob["fileUrls"].as_object().into_iter().flatten();
    let channels = channels.map(|(channel, _)| channel.as_str());
    let channels = channels.filter(|channel| is_local_test(channel));
    let urls = channels.filter_map(|channel| urls(blob, channel, "completes")?["*"].as_str());
    let paths = urls.filter_map(|url| Some(path(&filled(url, platform, locale))?.to_owned()));
    paths.collect()
}

/// Checks where the test channels of a release that lead to candidates find the files of a locale: returns how many
/// are in the archive as they should be, and what is wrong.
pub fn check(
    merged: &Merged,
    (name, blob): (&str, &Object),
    (target, locale): (&str, &str),
    data: &Value,
) -> (usize, Vec<String>) {
    let platform = &blob["platforms"][target];
    let (mut right, mut wrong) = (0, Vec::new());
    if platform["OS_FTP"].as_str().is_none() {
        wrong.push(format!(
            "{name} has {locale} on {target}, which is not one of its platforms with files: clients would get an error"
        ));
        return (right, wrong);
    }
    let channels = blob["fileUrls"].as_object().into_iter().flatten();
    let channels = channels.map(|(channel, _)| channel.as_str());
    for channel in channels.filter(|channel| is_local_test(channel)) {
        for kind in ["completes", "partials"] {
            let urls = urls(blob, channel, kind);
            for mar in data[kind].as_array().into_iter().flatten() {
                let from = mar["from"].as_str().unwrap_or_default();
                let url = urls.and_then(|urls| urls[from].as_str());
                let filled = url.map(|url| filled(url, platform, locale));
                let compared = match filled.as_deref().and_then(path) {
                    None => Err(format!(
                        "there is no address for the update of {locale} on {target} from {from}"
                    )),
                    Some(path) => compare(
                        merged,
                        Offered {
                            path,
                            size: mar["filesize"].as_u64().unwrap_or_default(),
                            hash: mar["hashValue"].as_str().unwrap_or_default(),
                            algorithm: HASH_FUNCTION,
                        },
                    ),
                };
                match compared {
                    Ok(()) => right += 1,
                    Err(why) => wrong.push(format!("the channel {channel} of {name}: {why}")),
                }
            }
        }
    }
    (right, wrong)
}
