//! Bouncer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use snowman::base::value::{Object, Value as Ours};
use snowman::stage::bouncer::product::BRANDS;
use snowman::stage::bouncer::server::{Addresses, Answer, Database, Product, Request};
use snowman::stage::bouncer::{aliases, nightly, paths};

use super::row::{Malformed, Table, Verdict, list, text};

pub const TABLES: &[Table] = &[
    Table::of_rows("bouncer-aliases.json", alias),
    Table::of_rows("bouncer-locations.json", location),
    Table::of_rows("bouncer-paths.json", path),
    Table::of_files("go-bouncer-requests.json", requests),
];

fn path(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let ours = paths::check(text(row, "product")?, text(row, "path")?, BRANDS);
        Ok(Verdict::equal(
            "accepted",
            &ours.is_ok().into(),
            &row["accepted"],
        ))
    })
}

fn alias(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let (alias, product) = (text(row, "alias")?, text(row, "product")?);
        let mut all = Object::new();
        all.insert(alias, Ours::from(product));
        let ours = aliases::check(alias, product, None);
        let message = ours
            .as_ref()
            .err()
            .map(|error| error.production_message(&all));
        let theirs = row.get("message").unwrap_or(&Value::Null);
        Ok(Verdict::all([
            Verdict::equal("accepted", &ours.is_ok().into(), &row["accepted"]),
            Verdict::equal("message", &json!(message), theirs),
        ]))
    })
}

fn location(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        if row.get("path").is_some() {
            let path = text(row, "path")?;
            let version = nightly::version_of(text(row, "location")?, path);
            let accepted = Verdict::equal("accepted", &version.is_ok().into(), &row["accepted"]);
            let Ok(version) = version else {
                return Ok(accepted);
            };
            let major: Option<u64> = version.split('.').next().and_then(|n| n.parse().ok());
            let next = format!("{}.0a1", major.ok_or("no major version")? + 1);
            let bumped = nightly::bump(path, version, &next);
            return Ok(Verdict::all([
                accepted,
                Verdict::equal("version", &version.into(), &row["version"]),
                Verdict::equal("bumped", &bumped.into(), &row["bumped"]),
            ]));
        }
        let next = text(row, "next")?;
        let ours = nightly::check_successive(text(row, "current")?, next);
        let message = ours
            .as_ref()
            .err()
            .map(nightly::NightlyError::production_message);
        let is_nightly = nightly::check_nightly(next).is_ok();
        Ok(Verdict::all([
            Verdict::equal("successive", &ours.is_ok().into(), &row["successive"]),
            Verdict::equal("message", &json!(message), &row["message"]),
            Verdict::equal("nightly", &is_nightly.into(), &row["nightly"]),
        ]))
    })
}

fn requests(folder: &Path, content: &Value) -> Vec<Verdict> {
    let rows = content["rows"].as_array().into_iter().flatten();
    let beside = || {
        let text = fs::read(folder.join("go-bouncer-database.json"));
        let text = text.map_err(|error| error.to_string())?;
        let content: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        database(&content["database"])
    };
    // The selection has its few rows in one file.
    let database = match content.get("database") {
        Some(tables) => database(tables),
        None => beside(),
    };
    let addresses = Addresses {
        stub: Some("https://stub/".to_owned()),
        ..Addresses::default()
    };
    let answer = |row: &Value| {
        Verdict::of(row, |row| {
            let database = database.as_ref().map_err(Malformed::clone)?;
            let url = text(row, "url")?;
            let request = Request {
                query: url.split_once('?').map_or("", |(_, query)| query),
                user_agent: row["user_agent"].as_str().unwrap_or_default(),
                referrer: row["referrer"].as_str().unwrap_or_default(),
                is_https: false,
            };
            let (status, key, ours) = match database.answer(&addresses, &request) {
                Answer::Redirect(location) => (302, "location", location),
                Answer::Text(body) => (200, "body", body),
                Answer::NotFound => (404, "body", "404 page not found\n".to_owned()),
            };
            Ok(Verdict::all([
                Verdict::equal("status", &json!(status), &row["status"]),
                Verdict::equal(key, &ours.into(), &row[key]),
            ]))
        })
    };
    rows.map(answer).collect()
}

/// The tables of the real server's database.
fn database(tables: &Value) -> Result<Database, Malformed> {
    let systems = list(tables, "mirror_os")?.iter();
    let systems: BTreeMap<&str, &str> = systems
        .map(|row| Ok((text(row, "id")?, text(row, "name")?)))
        .collect::<Result<_, Malformed>>()?;
    let mut found = Database::default();
    for row in list(tables, "mirror_products")? {
        let id = text(row, "id")?;
        let mut product = Product {
            ssl_only: row["ssl_only"] == "1",
            ..Product::default()
        };
        for row in list(tables, "mirror_product_langs")? {
            if text(row, "product_id")? == id {
                product.languages.push(text(row, "language")?.to_owned());
            }
        }
        for row in list(tables, "mirror_locations")? {
            if text(row, "product_id")? == id {
                let system = systems.get(text(row, "os_id")?).ok_or("unknown system")?;
                let path = text(row, "path")?.to_owned();
                product.locations.insert((*system).to_owned(), path);
            }
        }
        found
            .products
            .push((text(row, "name")?.to_owned(), product));
    }
    for row in list(tables, "mirror_aliases")? {
        let product = text(row, "related_product")?.to_owned();
        found
            .aliases
            .push((text(row, "alias")?.to_owned(), product));
    }
    Ok(found)
}
