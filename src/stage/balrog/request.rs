//! The URLs that clients ask.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::matching::integer;
use super::query::{Force, Known, Query};

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// An update as XML.
    Xml(Box<Query>),
    /// An update as JSON.
    Json(Box<Query>),
    /// Something below `/update` that does not exist.
    UnknownUpdate,
    /// Something else that does not exist.
    Unknown,
    /// A parameter that the URL does not have, or that is empty.
    BadParameter(BadParameter),
}

/// What is wrong with a parameter of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadParameter {
    /// These are not among the parameters of the URL.
    Extra(Vec<String>),
    /// The pin is empty.
    EmptyPin,
}

/// A field of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Product,
    Version,
    BuildId,
    BuildTarget,
    Locale,
    Channel,
    OsVersion,
    SystemCapabilities,
    Distribution,
    DistVersion,
    /// One that no rule looks at.
    Other,
}

use Field::{
    BuildId, BuildTarget, Channel, DistVersion, Distribution, Locale, OsVersion, Other, Product,
    SystemCapabilities, Version,
};

/// A form of URL: what it begins with, its fields, the fields behind those, what it ends with, and its
/// parameters.
struct Route {
    first: &'static str,
    number: &'static str,
    fields: &'static [Field],
    more: &'static [Field],
    last: &'static str,
    parameters: &'static [&'static str],
}

const WITH_PIN: &[&str] = &["avast", "force", "mig64", "pin"];

const ROUTES: &[Route] = &[
    xml("1", &[], WITH_PIN),
    xml("2", &[OsVersion], &["avast", "force", "mig64"]),
    xml("3", &[OsVersion, Distribution, DistVersion], WITH_PIN),
    xml(
        "4",
        &[OsVersion, Distribution, DistVersion, Other],
        WITH_PIN,
    ),
    xml(
        "5",
        &[OsVersion, Distribution, DistVersion, Other],
        WITH_PIN,
    ),
    xml(
        "6",
        &[OsVersion, SystemCapabilities, Distribution, DistVersion],
        WITH_PIN,
    ),
    json("1", &[]),
    json("2", &[OsVersion]),
];

const fn xml(
    number: &'static str,
    more: &'static [Field],
    parameters: &'static [&'static str],
) -> Route {
    let fields = &[Product, Version, BuildId, BuildTarget, Locale, Channel];
    Route {
        first: "update",
        number,
        fields,
        more,
        last: "update.xml",
        parameters,
    }
}

const fn json(number: &'static str, more: &'static [Field]) -> Route {
    let fields = &[Product, Version, BuildTarget, Channel];
    Route {
        first: "json",
        number,
        fields,
        more,
        last: "update.json",
        parameters: &["force"],
    }
}

/// Reads a request: the path of its URL with the parameters behind a `?`, and the client's `User-Agent`.
#[must_use]
pub fn read(path_and_query: &str, user_agent: Option<&str>) -> Request {
    let (path, parameters) = path_and_query
        .split_once('?')
        .unwrap_or((path_and_query, ""));
    let path = decoded(path);
    let parts: Vec<&str> = path.split('/').collect();
    let Some((route, values)) = ROUTES
        .iter()
        .find_map(|route| Some((route, route.values(&parts)?)))
    else {
        return if path.starts_with("/update") {
            Request::UnknownUpdate
        } else {
            Request::Unknown
        };
    };
    let parameters = read_parameters(parameters);
    let is_extra = |name: &&String| !route.parameters.contains(&name.as_str());
    let extra: Vec<String> = parameters.keys().filter(is_extra).cloned().collect();
    if !extra.is_empty() {
        return Request::BadParameter(BadParameter::Extra(extra));
    }
    if parameters.get("pin").is_some_and(String::is_empty) {
        return Request::BadParameter(BadParameter::EmptyPin);
    }
    if route.first == "json" {
        return Request::Json(Box::new(json_query(&values, &parameters)));
    }
    let mut query = xml_query(route, &values, &parameters);
    let architecture = match user_agent {
        Some(agent) if query.build_target.starts_with("Darwin") && agent.contains("PPC") => "PPC",
        _ => "Intel",
    };
    query.header_architecture = Some(architecture.to_owned());
    Request::Xml(Box::new(query))
}

impl Route {
    /// The values of the fields of a path, if it has this form.
    fn values<'p>(&self, parts: &[&'p str]) -> Option<BTreeMap<Field, &'p str>> {
        let ["", first, number, values @ .., last] = parts else {
            return None;
        };
        let is_form = *first == self.first
            && *number == self.number
            && *last == self.last
            && values.len() == self.fields.len() + self.more.len()
            && values.iter().all(|value| !value.is_empty());
        is_form.then(|| {
            let fields = self.fields.iter().chain(self.more).copied();
            fields.zip(values.iter().copied()).collect()
        })
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The parameters of a URL; of several of one name the last.
fn read_parameters(text: &str) -> BTreeMap<String, String> {
    let parameters = text.split('&').filter(|part| !part.is_empty());
    let parameters = parameters.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let plain = |text: &str| decoded(&text.replace('+', " "));
        (plain(name), plain(value))
    });
    parameters.collect()
}

/// A text with `?` in place of all that is not ASCII.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|sign| if sign.is_ascii() { sign } else { '?' })
        .collect()
}

fn json_query(values: &BTreeMap<Field, &str>, parameters: &BTreeMap<String, String>) -> Query {
    let text = |field: Field| values.get(&field).map(|value| (*value).to_owned());
    Query {
        product: text(Product).unwrap_or_default(),
        version: text(Version).unwrap_or_default(),
        build_target: text(BuildTarget).unwrap_or_default(),
        channel: text(Channel).unwrap_or_default(),
        os_version: text(OsVersion),
        force: parameters.get("force").and_then(|force| Force::read(force)),
        ..Query::default()
    }
}

fn xml_query(
    route: &Route,
    values: &BTreeMap<Field, &str>,
    parameters: &BTreeMap<String, String>,
) -> Query {
    let text = |field: Field| values.get(&field).map(|value| ascii(value));
    let parameter = |name: &str| parameters.get(name).map(|value| ascii(value));
    let mut version = text(Version).unwrap_or_default();
    if route.number == "3" {
        // Nightly builds of ESR had this once.
        match version.strip_suffix("esrpre") {
            Some(plain) if !plain.is_empty() => version = plain.to_owned(),
            _ => {}
        }
    }
    let mut query = Query {
        product: text(Product).unwrap_or_default(),
        version,
        build_id: text(BuildId),
        build_target: text(BuildTarget).unwrap_or_default(),
        // A scanner of viruses prepends this to what the client sends.
        locale: text(Locale).map(|locale| locale.replace("x86 ", "")),
        channel: text(Channel).unwrap_or_default(),
        os_version: Some(text(OsVersion).unwrap_or_default()),
        distribution: text(Distribution),
        dist_version: text(DistVersion),
        mig64: parameter("mig64").map(|value| value == "1"),
        force: parameter("force").and_then(|force| Force::read(without_avast(&force))),
        pin: parameter("pin"),
        ..Query::default()
    };
    if let Some(capabilities) = values.get(&SystemCapabilities) {
        read_capabilities(capabilities, &mut query);
    }
    query
}

/// The value of `force` without what the same scanner appends: `1?avast=1`.
fn without_avast(force: &str) -> &str {
    if !force.contains("avast") {
        return force;
    }
    let end = force.find('?').or_else(|| force.find("%3F"));
    end.and_then(|end| force.get(..end)).unwrap_or(force)
}

/// Reads `ISET:SSE4_2,MEM:8192,JAWS:1`, or the older `SSE4_2` and `SSE4_2,8192`. What cannot be read is
/// unknown.
fn read_capabilities(text: &str, query: &mut Query) {
    query.instruction_set = Known::Unknown;
    if !text.starts_with("ISET:") {
        match text.split(',').collect::<Vec<_>>().as_slice() {
            [set] => query.instruction_set = Known::Told((*set).to_owned()),
            [set, memory] => {
                query.instruction_set = Known::Told((*set).to_owned());
                query.memory = integer(memory);
            }
            _ => {}
        }
        return;
    }
    for (name, value) in text.split(',').filter_map(|part| part.split_once(':')) {
        match name {
            "ISET" => query.instruction_set = Known::Told(value.to_owned()),
            "MEM" => query.memory = integer(value),
            "JAWS" => query.jaws = integer(value).map(|number| number != 0),
            _ => {}
        }
    }
}
