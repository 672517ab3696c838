//! The line `<update …>` of an application.
//!
//! Values are written as they are: what is special in XML is not escaped, except for `&` in the whole answer.

use std::collections::BTreeMap;

use super::super::fault::Fault;
use super::super::matching::{self, fallback_channel};
use super::super::query::Query;
use super::super::version::{Class, Strict};
use super::app::App;
use super::fields;
use super::offer::Offer;
use crate::base::value::{Value, py_str, truthy};

/// Attributes that a blob may have, in the order of the line, with the schemas that have them.
const OPTIONAL: &[(&str, &[u8])] = &[
    ("billboardURL", &[2, 3, 4, 5]),
    ("showPrompt", &[2, 3, 4, 5, 6, 8]),
    ("showNeverForVersion", &[2, 3, 4, 5, 6, 8]),
    ("actions", &[2, 3, 4, 5, 6, 8]),
    ("openURL", &[2, 3, 4, 5, 6, 8]),
    ("notificationURL", &[2, 3, 4, 5, 6, 8]),
    ("alertURL", &[2, 3, 4, 5, 6, 8]),
    ("promptWaitTime", &[5, 6, 8]),
    ("binTransMerkleRoot", &[8]),
    ("binTransCertificate", &[8]),
    ("binTransSCTList", &[8]),
];

/// Attributes of a line in which the locale is filled in.
const WITH_LOCALE: &[&str] = &[
    "alertURL",
    "billboardURL",
    "detailsURL",
    "notificationURL",
    "openURL",
];

/// The line of an application.
pub(super) fn update_line(app: &App<'_>, offer: &Offer<'_>) -> Result<String, Fault> {
    match app.version {
        1 => oldest(app, offer),
        9 => newest(app, offer),
        _ => middle(app, offer),
    }
}

/// Fills values in for `%NAME%`, and then for the same names in lower case.
#[must_use]
pub fn substituted(text: &str, values: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for is_lower in [false, true] {
        for (name, value) in values {
            let name = if is_lower {
                name.to_lowercase()
            } else {
                (*name).to_owned()
            };
            text = text.replace(&format!("%{name}%"), value);
        }
    }
    text
}

fn with_locale(text: &Value, locale: &str) -> String {
    substituted(&py_str(text), &[("LOCALE", locale)])
}

/// An attribute: truth values in lower case, all else as Python writes it.
fn attribute(name: &str, value: &Value, locale: &str) -> String {
    let value = match value {
        _ if WITH_LOCALE.contains(&name) => with_locale(value, locale),
        Value::Bool(flag) => flag.to_string(),
        _ => py_str(value),
    };
    format!(" {name}=\"{value}\"")
}

fn urls(app: &App<'_>, locale: &str) -> String {
    let mut line = String::new();
    for (field, name) in [("detailsUrl", "detailsURL"), ("licenseUrl", "licenseURL")] {
        if let Some(url) = app.content.get(field) {
            line.push_str(&format!(" {name}=\"{}\"", with_locale(url, locale)));
        }
    }
    line
}

/// The line of schema 1, in which some clients need a version that they believe to fit to their extensions.
fn oldest(app: &App<'_>, offer: &Offer<'_>) -> Result<String, Fault> {
    let Query {
        build_target,
        version,
        ..
    } = offer.query;
    let locale = offer.query.locale();
    let field = |name: &str| py_str(app.field(build_target, locale, name));
    let (shown, real) = (field("appv"), field("extv"));
    let build_id = py_str(app.build_id(build_target, locale)?);
    let line = format!(
        "    <update type=\"{}\" version=\"{shown}\" extensionVersion=\"{real}\" buildID=\"{build_id}\"{}>",
        offer.update_type,
        urls(app, locale)
    );
    if !truthy(&app.content["oldVersionSpecialCases"]) {
        return Ok(line);
    }
    let client = Strict::read(version)?;
    let mut is_from = BTreeMap::new();
    for border in ["2.0", "3.5", "3.6", "4.0"] {
        is_from.insert(border, client.compare(&Strict::read(border)?).is_ge());
    }
    let without_extension = |line: &str| line.replace(&format!("extensionVersion=\"{real}\" "), "");
    let is_between =
        |from: &str, to: &str| is_from.get(from) == Some(&true) && is_from.get(to) == Some(&false);
    Ok(if is_between("2.0", "3.5") {
        let line = line.replace(
            &format!("version=\"{shown}\""),
            &format!("version=\"{version}\""),
        );
        without_extension(&line)
    } else if is_between("3.5", "3.6") {
        without_extension(&line)
    } else if is_between("3.6", "4.0") {
        line.replace(
            &format!("extensionVersion=\"{real}\""),
            &format!("extensionVersion=\"{version}\""),
        )
    } else {
        line
    })
}

fn middle(app: &App<'_>, offer: &Offer<'_>) -> Result<String, Fault> {
    let platform = &offer.query.build_target;
    let locale = offer.query.locale();
    let field = |name: &str| py_str(app.field(platform, locale, name));
    let build_id = py_str(app.build_id(platform, locale)?);
    let data = app.locale_data(platform, locale)?;
    let mut line = format!(
        "    <update type=\"{}\" displayVersion=\"{}\" appVersion=\"{}\" platformVersion=\"{}\" buildID=\"{build_id}\"{}",
        offer.update_type,
        field("displayVersion"),
        field("appVersion"),
        field("platformVersion"),
        urls(app, locale)
    );
    if truthy(&data["isOSUpdate"]) {
        line.push_str(" isOSUpdate=\"true\"");
    }
    for (name, schemas) in OPTIONAL {
        let Some(value) = app
            .content
            .get(name)
            .filter(|_| schemas.contains(&app.version))
        else {
            continue;
        };
        line.push_str(&attribute(name, value, locale));
    }
    line.push('>');
    Ok(line)
}

/// The line of schema 9: its attributes come from all entries of `updateLine` that match, and of
/// several values the last one counts.
fn newest(app: &App<'_>, offer: &Offer<'_>) -> Result<String, Fault> {
    let platform = &offer.query.build_target;
    let locale = offer.query.locale();
    let update_type = Value::from(offer.update_type);
    let mut attributes: BTreeMap<&str, &Value> = BTreeMap::new();
    for name in ["appVersion", "displayVersion"] {
        attributes.insert(name, app.field(platform, locale, name));
    }
    attributes.insert("buildID", app.build_id(platform, locale)?);
    attributes.insert("type", &update_type);
    for entry in app.content["updateLine"].as_array().into_iter().flatten() {
        if is_for(fields::value(entry, "for")?, offer.query)? {
            let fields = fields::value(entry, "fields")?
                .as_object()
                .into_iter()
                .flatten();
            attributes.extend(fields.map(|(name, value)| (&**name, value)));
        }
    }
    let mut line = "    <update".to_owned();
    for (name, value) in attributes {
        line.push_str(&attribute(name, value, locale));
    }
    line.push('>');
    Ok(line)
}

/// Whether a request fulfils all conditions of an entry of `updateLine`.
fn is_for(conditions: &Value, query: &Query) -> Result<bool, Fault> {
    let mut is_for = true;
    for (name, values) in conditions.as_object().into_iter().flatten() {
        let values = values.texts();
        is_for &= match name.as_str() {
            "channels" => {
                let fallback = fallback_channel(&query.channel);
                let mut values = values;
                values.any(|value| matching::channel(Some(value), &query.channel, fallback))
            }
            "locales" => values.into_iter().any(|value| value == query.locale()),
            "versions" => any(values, |value| {
                matching::version(Some(value), &query.version, Class::Strict)
            })?,
            "buildIDs" => any(values, |value| {
                matching::build_id(Some(value), query.build_id())
            })?,
            _ => false,
        };
    }
    Ok(is_for)
}

fn any<'v>(
    values: impl Iterator<Item = &'v str>,
    matches: impl Fn(&str) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    for value in values {
        if matches(value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The line of the message that a system is not supported any more.
pub(super) fn desupport(content: &Value, offer: &Offer<'_>) -> Result<String, Fault> {
    let query = offer.query;
    let os = query.build_target.split('_').next().unwrap_or_default();
    let values = [
        ("LOCALE", query.locale()),
        ("VERSION", query.version.as_str()),
        ("OS", os),
    ];
    let url = substituted(fields::text(content, "detailsUrl")?, &values);
    let version = py_str(fields::value(content, "displayVersion")?);
    let update_type = offer.update_type;
    Ok(format!(
        "    <update type=\"{update_type}\" unsupported=\"true\" detailsURL=\"{url}\" displayVersion=\"{version}\">"
    ))
}
