//! The hosts that updates may be served from.

use std::collections::BTreeMap;

use crate::base::pattern::Prefix;
use crate::base::value::Value;

/// For each host, and perhaps path, the products whose files may be there.
#[derive(Debug, Clone, Default)]
pub struct Allowlist(BTreeMap<String, Host>);

#[derive(Debug, Clone)]
enum Host {
    /// The products.
    Products(Vec<String>),
    /// The products by pattern of the whole path; the first pattern that matches decides.
    Paths(Vec<(Prefix, Vec<String>)>),
}

/// What is on production's list: hosts with their products.
const PRODUCTION: &[(&str, &[&str])] = &[
    (
        "download.mozilla.org",
        &["Firefox", "Fennec", "Devedition", "Thunderbird"],
    ),
    (
        "archive.mozilla.org",
        &[
            "Firefox",
            "Fennec",
            "Devedition",
            "Thunderbird",
            "FirefoxVPN",
            "SystemAddons",
        ],
    ),
    ("download.cdn.mozilla.net", &["Firefox", "Fennec"]),
    ("ciscobinary.openh264.org", &["OpenH264"]),
    ("cdmdownload.adobe.com", &["CDM"]),
    ("clients2.googleusercontent.com", &["Widevine"]),
    ("edgedl.me.gvt1.com", &["Widevine", "Widevine-L1"]),
    ("redirector.gvt1.com", &["Widevine", "Widevine-L1"]),
    ("ftp.mozilla.org", &["SystemAddons"]),
    ("fpn.firefox.com", &["FirefoxVPN", "Guardian"]),
    ("vpn.mozilla.org", &["FirefoxVPN", "Guardian"]),
];

/// The host on production's list that only some paths of may be used.
const PRODUCTION_PATHS: (&str, &str, &[&str]) = (
    "www.google.com",
    r"/dl/release2/chrome_component/[\w\.]+/[\w\.]+\.crx3",
    &["Widevine", "Widevine-L1"],
);

/// The schemes of URLs whose paths may have parameters behind a `;`.
const WITH_PARAMETERS: &[&str] = &[
    "", "ftp", "hdl", "http", "https", "mms", "prospero", "rtsp", "rtsps", "rtspu", "sftp",
    "shttp", "sip", "sips", "tel",
];

impl Allowlist {
    /// The list of the production server.
    #[must_use]
    pub fn production() -> Self {
        let mut list = Self::default();
        for (host, products) in PRODUCTION {
            list.allow(host, products);
        }
        let (host, pattern, products) = PRODUCTION_PATHS;
        let products: Vec<String> = products
            .iter()
            .map(|product| (*product).to_owned())
            .collect();
        let paths = whole(pattern).map(|pattern| (pattern, products));
        list.0
            .insert(host.to_owned(), Host::Paths(paths.into_iter().collect()));
        list
    }

    /// Allows all paths of a host for some products, beside what is allowed there already.
    pub fn allow(&mut self, host: &str, products: &[&str]) {
        let entry = self.0.entry(host.to_owned());
        let entry = entry.or_insert_with(|| Host::Products(Vec::new()));
        let add = |known: &mut Vec<String>| {
            for product in products {
                if !known.iter().any(|one| one == product) {
                    known.push((*product).to_owned());
                }
            }
        };
        match entry {
            Host::Products(known) => add(known),
            // The first pattern that matches decides, so each has them, and so has one for all other paths.
            Host::Paths(paths) => {
                for (_, known) in paths.iter_mut() {
                    add(known);
                }
                let mut known = Vec::new();
                add(&mut known);
                paths.extend(whole(r"(?s:.*)").map(|pattern| (pattern, known)));
            }
        }
    }

    /// Allows all paths of the host of a URL for some products. A URL without a host allows nothing.
    pub fn allow_host_of(&mut self, url: &str, products: &[&str]) {
        let host = host_and_path(url).map(|(host, _)| host);
        if let Some(host) = host.filter(|host| !host.is_empty()) {
            self.allow(&host, products);
        }
    }

    /// Whether files of a product may be served from anywhere.
    #[must_use]
    pub fn knows(&self, product: &str) -> bool {
        let has = |products: &[String]| products.iter().any(|one| one == product);
        self.0.values().any(|host| match host {
            Host::Products(products) => has(products),
            Host::Paths(paths) => paths.iter().any(|(_, products)| has(products)),
        })
    }

    /// Reads a list: by host either a list of products, or such lists by pattern of the path. What is
    /// neither allows nothing, and so does a pattern that is not a regular expression.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let hosts = value.as_object().into_iter().flatten();
        let hosts = hosts.map(|(host, entry)| {
            let entry = match entry {
                Value::Object(paths) => Host::Paths(
                    paths
                        .iter()
                        .filter_map(|(pattern, names)| Some((whole(pattern)?, products(names))))
                        .collect(),
                ),
                names => Host::Products(products(names)),
            };
            (host.to_string(), entry)
        });
        Self(hosts.collect())
    }

    /// Whether files of a product may be served from a URL. Its scheme does not matter, its port does.
    #[must_use]
    pub fn allows(&self, url: &str, product: &str) -> bool {
        let has = |products: &[String]| products.iter().any(|one| one == product);
        let Some((host, path)) = host_and_path(url) else {
            return false;
        };
        match self.0.get(&host) {
            Some(Host::Products(products)) => has(products),
            Some(Host::Paths(paths)) => {
                let decisive = paths.iter().find(|(pattern, _)| pattern.matches(&path));
                decisive.is_some_and(|(_, products)| has(products))
            }
            None => false,
        }
    }
}

fn products(names: &Value) -> Vec<String> {
    let names = names.as_array().into_iter().flatten();
    names
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

fn whole(pattern: &str) -> Option<Prefix> {
    Prefix::to_end(&format!("(?:{pattern})")).ok()
}

/// Host with port, and path without parameters, as Python's `urlparse` finds them.
fn host_and_path(url: &str) -> Option<(String, String)> {
    let url = url.trim_start_matches(|sign: char| sign <= ' ');
    let url: String = url
        .chars()
        .filter(|sign| !matches!(sign, '\t' | '\r' | '\n'))
        .collect();
    let is_scheme = |text: &str| {
        text.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && text
                .chars()
                .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '+' | '-' | '.'))
    };
    let (scheme, rest) = match url.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), url.as_str()),
    };
    let (host, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))?,
        None => ("", rest),
    };
    if host.contains('[') != host.contains(']') {
        return None;
    }
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let folder_end = path.rfind('/').unwrap_or(0);
    let parameters = path.get(folder_end..).and_then(|name| name.find(';'));
    let path = match parameters {
        Some(at) if WITH_PARAMETERS.contains(&scheme.as_str()) => path.get(..folder_end + at)?,
        _ => path,
    };
    Some((host.to_owned(), path.to_owned()))
}

/// Whether a URL begins with one of the hosts that are told about forced requests.
pub(super) fn is_special(url: &str, hosts: &[String]) -> bool {
    hosts.iter().any(|host| url.starts_with(host.as_str()))
}
