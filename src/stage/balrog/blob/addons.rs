//! Media plugins and system add-ons.
//!
//! Each has files by platform, or one for all others under `default`. Whether there is anything to do, the
//! client finds out.

use std::collections::BTreeMap;

use super::super::fault::Fault;
use super::fields;
use super::offer::Offer;
use crate::base::value::{Object, Value, py_str, truthy};

/// The add-ons that have a file for a platform, by name.
fn for_platform<'v>(addons: &'v Value, platform: &str) -> BTreeMap<&'v str, &'v Value> {
    let addons = addons.as_object().into_iter().flatten();
    let has = |addon: &Value| {
        ["default", platform]
            .iter()
            .any(|name| addon["platforms"].get(name).is_some())
    };
    addons
        .filter(|(_, addon)| has(addon))
        .map(|(name, addon)| (&**name, addon))
        .collect()
}

/// The file of an add-on for a platform, which may have that of another one.
fn file<'v>(name: &str, addon: &'v Value, platform: &str) -> Result<&'v Value, Fault> {
    let platforms = &addon["platforms"];
    let resolved = match platforms.get(platform) {
        Some(data) => data["alias"].as_str().unwrap_or(platform),
        None => "default",
    };
    platforms
        .get(resolved)
        .ok_or_else(|| Fault::bad(format!("No platform '%s' in vendor '%s' {resolved} {name}")))
}

/// The line of an add-on without its end; `None` if its file must not be served.
fn begin(
    content: &Value,
    name: &str,
    addon: &Value,
    file: &Value,
    offer: &Offer<'_>,
) -> Result<Option<String>, Fault> {
    let url = fields::text(file, "fileUrl")?;
    if !offer.world.allowlist.allows(url, &offer.query.product) {
        return Ok(None);
    }
    let text = |of: &Value, field: &str| fields::value(of, field).map(py_str);
    Ok(Some(format!(
        "        <addon id=\"{name}\" URL=\"{url}\" hashFunction=\"{}\" hashValue=\"{}\" size=\"{}\" version=\"{}\"",
        text(content, "hashFunction")?,
        text(file, "hashValue")?,
        text(file, "filesize")?,
        text(addon, "version")?
    )))
}

/// The lines of media plugins, which may be on mirrors as well.
pub(super) fn plugins(content: &Value, offer: &Offer<'_>) -> Result<Vec<String>, Fault> {
    let platform = &offer.query.build_target;
    let mut lines = Vec::new();
    for (name, vendor) in for_platform(&content["vendors"], platform) {
        let file = file(name, vendor, platform)?;
        let Some(line) = begin(content, name, vendor, file, offer)? else {
            continue;
        };
        let mirrors = file["mirrorUrls"].texts();
        let is_allowed = |url: &&str| offer.world.allowlist.allows(url, &offer.query.product);
        let mirrors: Vec<&str> = mirrors.filter(is_allowed).collect();
        if mirrors.is_empty() {
            lines.push(format!("{line}/>"));
        } else {
            lines.push(format!("{line}>"));
            lines.extend(
                mirrors
                    .iter()
                    .map(|url| format!("            <mirror URL=\"{url}\"/>")),
            );
            lines.push("        </addon>".to_owned());
        }
    }
    Ok(lines)
}

/// The lines of system add-ons.
pub(super) fn system_addons(content: &Value, offer: &Offer<'_>) -> Result<Vec<String>, Fault> {
    let platform = &offer.query.build_target;
    let mut lines = Vec::new();
    for (name, addon) in for_platform(&content["addons"], platform) {
        let line = begin(content, name, addon, file(name, addon, platform)?, offer)?;
        lines.extend(line.map(|line| format!("{line}/>")));
    }
    Ok(lines)
}

/// The line around system add-ons; it is empty if there are none and they are not to be removed either.
pub(super) fn tag(content: &Value, offer: &Offer<'_>, tag: &str) -> Result<String, Fault> {
    let is_needed = truthy(&content["uninstall"]) || {
        let platform = &offer.query.build_target;
        let mut has = false;
        for (name, addon) in for_platform(&content["addons"], platform) {
            let url = fields::text(file(name, addon, platform)?, "fileUrl")?;
            has |= offer.world.allowlist.allows(url, &offer.query.product);
        }
        has
    };
    Ok(if is_needed {
        tag.to_owned()
    } else {
        String::new()
    })
}

/// All URLs of files of add-ons.
pub(super) fn urls(addons: &Value) -> Vec<&str> {
    let addons = addons.as_object().into_iter().flat_map(Object::values);
    addons.flat_map(platform_urls).collect()
}

/// All URLs of files by platform.
pub(super) fn platform_urls(of: &Value) -> Vec<&str> {
    let platforms = of["platforms"]
        .as_object()
        .into_iter()
        .flat_map(Object::values);
    let mut urls = Vec::new();
    for platform in platforms {
        urls.extend(platform["fileUrl"].as_str());
        let mirrors = platform["mirrorUrls"].texts();
        urls.extend(mirrors);
    }
    urls
}
