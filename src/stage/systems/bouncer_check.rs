//! The check of bouncer: every link of the release leads to a file.
//!
//! Each product is asked for in each system and locale, as a browser would. The answer must be an address
//! over HTTPS, on a host of the list, of a file in the archive. The real check does so for a sample of
//! locales.

use std::collections::BTreeMap;

use super::bouncer::{DEFERRED, brands, rules};
use crate::base::json;
use crate::base::value::json;
use crate::stage::archive::SPACE;
use crate::stage::bouncer::database::{self, PRODUCTS};
use crate::stage::bouncer::form;
use crate::stage::bouncer::links::{Archive, file_of, locales_of};
use crate::stage::bouncer::product::{BRANDS, ProductName};
use crate::stage::bouncer::server::{Addresses, Answer, Database, Product, Request};
use crate::stage::report::Table;
use crate::stage::work::Work;

/// The hosts that links may lead to, unless the task names others.
const HOSTS: &[&str] = &[
    "download-installer.cdn.mozilla.net",
    "download.cdn.mozilla.net",
    "download.mozilla.org",
    "archive.mozilla.org",
];

/// The host that sends requests over HTTP on to HTTPS.
const REDIRECTING: &str = "download.cdn.mozilla.net";

/// The server of the staging environment, and the archive that it leads to.
const STAGING: (&str, &str) = (
    "dev.bouncer.nonprod.webservices.mozgcp.net",
    "ftp.stage.mozaws.net",
);

/// The variable with the configuration of the real check.
const CONFIG: &str = "EXTRA_MOZHARNESS_CONFIG";

/// What the task says about the check.
struct Settings {
    addresses: Addresses,
    hosts: Vec<String>,
    locales: Vec<String>,
}

/// Follows the links of all products of the release.
pub fn check(work: &mut Work<'_>) {
    let Some(settings) = settings(work) else {
        return;
    };
    let merged = work.merged;
    let (database, others) = database(work);
    if database.products.is_empty() {
        nothing_submitted(work);
        return;
    }
    let archive = Archive::new(merged.space(SPACE).map(|(path, _)| path));
    let mut rows = Vec::new();
    let mut count = 0;
    let mut asked: Vec<(&str, &Product)> = Vec::new();
    for (name, product) in &database.products {
        asked.push((name, product));
    }
    for (alias, product) in &database.aliases {
        if let Some((_, product)) = database.products.iter().find(|(name, _)| name == product) {
            asked.push((alias, product));
        }
    }
    for (name, product) in asked {
        for (system, path) in &product.locations {
            let languages = match product.languages.is_empty() {
                true => vec!["en-US".to_owned()],
                false => product.languages.clone(),
            };
            let mut wrong: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            let mut good = 0;
            for locale in locales_of(system, &languages) {
                match follow(&database, &settings, &archive, (name, system, locale)) {
                    Ok(()) => good += 1,
                    Err(why) => wrong.entry(why).or_default().push(locale),
                }
            }
            if good == 0 && is_language_pack(name) {
                let links: usize = wrong.values().map(Vec::len).sum();
                work.report.warnings.push(format!(
                    "{name}, {system}: the archive has no language pack for this system, so no link of {links} leads to one"
                ));
                wrong.clear();
            }
            count += good + wrong.values().map(Vec::len).sum::<usize>();
            for (why, locales) in &wrong {
                let some: Vec<&str> = locales.iter().copied().take(5).collect();
                let more = match locales.len() - some.len() {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                work.report.problem(format!(
                    "{name}, {system}, {}{more}: {why}",
                    some.join(", ")
                ));
            }
            check_locales(work, &archive, name, system, path, product);
            rows.push(vec![
                name.to_owned(),
                system.clone(),
                path.clone(),
                good.to_string(),
            ]);
        }
    }
    check_sample(work, &settings, &database);
    work.report.checked(
        "links that lead over HTTPS to a file of the archive on a known host",
        count,
    );
    let made: Vec<String> = database
        .products
        .iter()
        .map(|(name, _)| format!("{PRODUCTS}/{name}"))
        .filter(|key| merged.get(DEFERRED, key).is_some())
        .collect();
    for key in made {
        let check = json!({"check": "all paths lead to files of the archive", "made": true});
        work.change(DEFERRED, key, check);
    }
    if others > 0 {
        work.report.unchecked.push(format!(
            "links of other products, which their own tasks check: {others}"
        ));
    }
    if database.aliases.is_empty() {
        work.report.unchecked.push(
            "aliases, such as those for the latest release: they lead to earlier releases, which are not known here"
                .to_owned(),
        );
    }
    work.report.tables.push(Table {
        title: "Links".to_owned(),
        columns: vec!["Product", "System", "Path", "Good links"],
        rows,
    });
}

/// Whether a product is a language pack. Firefox submits them for systems that it publishes none for, and the real
/// check does not ask for them.
fn is_language_pack(name: &str) -> bool {
    name.trim_end_matches("-SSL").ends_with("-langpack")
}

/// Reports that there are no links. The products of Mozilla always have some; those of other projects may be
/// submitted by tasks that are not staged.
fn nothing_submitted(work: &mut Work<'_>) {
    let product = work.staged.release.product.as_str();
    let why = "no product was submitted to bouncer before this task";
    match BRANDS.iter().any(|brand| brand.folder == product) {
        true => work
            .report
            .problem(format!("{why}, so there are no links to check")),
        false => work
            .report
            .unchecked
            .push(format!("all links: {why} by a staged task")),
    }
}

/// Reads the configuration of the real check.
fn settings(work: &mut Work<'_>) -> Option<Settings> {
    let text = work.payload()["env"][CONFIG].as_str();
    let config = match text.map(|text| json::read(CONFIG, text.as_bytes())) {
        None => json!({}),
        Some(Ok(config)) => config,
        Some(Err(error)) => {
            work.report
                .problem(format!("`payload.env.{CONFIG}`: {}", error.message));
            return None;
        }
    };
    let mut addresses = Addresses {
        stub: None,
        ..Addresses::default()
    };
    if let Some(prefix) = config["bouncer_prefix"].as_str() {
        let (scheme, rest) = prefix.split_once("://").unwrap_or(("", prefix));
        if scheme != "https" {
            work.report.problem(format!(
                "links are not checked over HTTPS: the server is {prefix}"
            ));
        }
        if rest.trim_end_matches('/') == STAGING.0 {
            addresses.http = format!("{}/pub", STAGING.1);
            addresses.https.clone_from(&addresses.http);
        }
    }
    let hosts = match config.get("cdn_urls") {
        Some(hosts) => hosts.texts().map(str::to_owned).collect(),
        None => HOSTS.iter().map(|&host| host.to_owned()).collect(),
    };
    Some(Settings {
        addresses,
        hosts,
        locales: config["locales"].texts().map(str::to_owned).collect(),
    })
}

/// The products and aliases of the release, and how many products are not of the task's product.
fn database(work: &Work<'_>) -> (Database, usize) {
    let product = work.staged.release.product.as_str();
    let own = brands(product);
    let brands = rules(&own);
    let wanted = brands.iter().filter(|brand| brand.folder == product);
    let wanted: Vec<_> = wanted.copied().collect();
    let is_own = |name: &str| {
        let is_nightly = ProductName::read(name, &brands).is_none();
        product.is_empty() || is_nightly || ProductName::read(name, &wanted).is_some()
    };
    let mut database = database::of(work.merged);
    let all = database.products.len();
    database.products.retain(|(name, _)| is_own(name));
    let others = all - database.products.len();
    let products = &database.products;
    let leads_to_one = |to: &str| products.iter().any(|(name, _)| name == to);
    database.aliases.retain(|(_, to)| leads_to_one(to));
    (database, others)
}

/// Follows a link.
fn follow(
    database: &Database,
    settings: &Settings,
    archive: &Archive<'_>,
    (name, system, locale): (&str, &str, &str),
) -> Result<(), String> {
    let query = form::write(&[("product", name), ("os", system), ("lang", locale)]);
    let request = Request {
        query: &query,
        ..Request::default()
    };
    let url = match database.answer(&settings.addresses, &request) {
        Answer::Redirect(url) | Answer::Text(url) => url,
        Answer::NotFound => return Err("bouncer answers 404".to_owned()),
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let is_secure_product = name.to_lowercase().ends_with("-ssl");
    let staging = settings.addresses.http.starts_with(STAGING.1);
    let is_secure = scheme == "https" || !is_secure_product && (host == REDIRECTING || staging);
    if !is_secure {
        return Err(format!(
            "the link leads to {scheme}://{host}, without HTTPS: `ssl_only` is not set"
        ));
    }
    if !settings.hosts.iter().any(|known| known == host) {
        return Err(format!("{host} is not among the hosts of the archive"));
    }
    let path = path.strip_prefix("/pub").unwrap_or(path);
    match archive.contains(&file_of(path, locale)) {
        true => Ok(()),
        false => Err("the archive answers 404".to_owned()),
    }
}

/// Checks that the product has all locales that the archive has.
fn check_locales(
    work: &mut Work<'_>,
    archive: &Archive<'_>,
    name: &str,
    system: &str,
    path: &str,
    product: &Product,
) {
    if product.languages.is_empty() {
        return;
    }
    let others = archive.locales(path);
    let others = others.into_iter().filter(|locale| {
        *locale != "multi" && !product.languages.iter().any(|known| known == locale)
    });
    let others: Vec<&str> = others.collect();
    if !others.is_empty() {
        work.report.problem(format!(
            "{name}, {system}: the archive has files for locales that the product does not have: {}",
            others.join(", ")
        ));
    }
}

/// Checks that the locales of the real check's sample are locales of the products.
fn check_sample(work: &mut Work<'_>, settings: &Settings, database: &Database) {
    for (name, product) in &database.products {
        let known = BRANDS.iter().any(|brand| name.starts_with(brand.name));
        let missing = settings
            .locales
            .iter()
            .filter(|locale| !product.languages.is_empty() && !product.languages.contains(locale));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        if known && !missing.is_empty() {
            work.report.problem(format!(
                "{name} has no locale {}, with which the task checks it",
                missing.join(", ")
            ));
        }
    }
    work.report.checked(
        "locales with which the real check asks",
        settings.locales.len(),
    );
}
