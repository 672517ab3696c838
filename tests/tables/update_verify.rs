//! Configurations of update verification.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use snowman::stage::update_verify::chunk::chunk;
use snowman::stage::update_verify::config::{Config, Release};
use snowman::stage::update_verify::create::{Options, UpdatePath};
use snowman::stage::update_verify::platform::Platform;

use super::row::{Malformed, Table, Verdict, mapping, number, text, texts};

pub const TABLES: &[Table] = &[
    Table::of_rows("chunking.json", part),
    Table::of_rows("update-verify-cfg.json", config),
    Table::of_rows("update-verify-config-creation.json", creation),
];

fn size(row: &Value, key: &str) -> Result<usize, Malformed> {
    usize::try_from(number(row, key)?).map_err(|error| error.to_string())
}

fn part(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let items: Vec<usize> = (0..size(row, "things")?).collect();
        let part = chunk(&items, size(row, "chunks")?, size(row, "this")?);
        let part = part.map(|part| json!(part));
        let part = part.map_err(|error| error.to_string());
        Ok(Verdict::answer("part", part, &row["result"]))
    })
}

fn config(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let config = Config::read(text(row, "text")?.as_bytes());
        let config = config.map_err(|error| error.to_string());
        let theirs = match row.get("error") {
            Some(error) => return Ok(Verdict::answer("error", config.map(|_| Value::Null), error)),
            None => &row["parsed"],
        };
        let config = config?;
        let mut verdicts = vec![Verdict::equal("parsed", &parsed(&config), theirs)];
        // Some rows are about reading alone.
        if !row["written"].is_null() {
            verdicts.push(Verdict::equal(
                "written",
                &config.write().into(),
                &row["written"],
            ));
        }
        for (total, parts) in mapping(row, "chunks")? {
            let total: usize = total.parse().map_err(|_| "a number of chunks".to_owned())?;
            for (at, theirs) in parts.as_array().into_iter().flatten().enumerate() {
                let part = config.chunk(total, at + 1);
                let part = part.map(|part| part.write().into());
                let part = part.map_err(|error| error.to_string());
                if !theirs.is_null() {
                    verdicts.push(Verdict::answer("chunk", part, theirs));
                }
            }
        }
        Ok(Verdict::all(verdicts))
    })
}

/// What was read, as the table has it.
fn parsed(config: &Config) -> Value {
    let release = |release: &Release| {
        json!({
            "build_id": release.build_id,
            "from": release.from,
            "ftp_server_from": release.ftp_server_from,
            "ftp_server_to": release.ftp_server_to,
            "locales": release.locales,
            "mar_channel_IDs": release.mar_channel_ids,
            "patch_types": release.patch_types,
            "platform": release.platform,
            "release": release.release,
            "updater_package": release.updater_package,
        })
    };
    json!({
        "globals": {
            "aus_server": config.aus_server,
            "channel": config.channel,
            "override_certs": config.override_certs,
            "product": config.product,
            "to": config.to,
            "to_app_version": config.to_app_version,
            "to_build_id": config.to_build_id,
            "to_display_version": config.to_display_version,
        },
        "releases": config.releases.iter().map(release).collect::<Value>(),
    })
}

fn creation(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let config = &row["config"];
        let owned = |key: &str| Ok::<_, Malformed>(text(config, key)?.to_owned());
        let list = |key: &str| -> Result<Vec<String>, Malformed> {
            Ok(texts(config, key)?.into_iter().map(str::to_owned).collect())
        };
        let optional = |key: &str| config[key].as_str().map(str::to_owned);
        let options = Options {
            product: owned("product")?,
            stage_product: owned("stage_product")?,
            channel: owned("channel")?,
            aus_server: owned("aus_server")?,
            to_version: owned("to_version")?,
            to_app_version: owned("to_app_version")?,
            to_display_version: optional("to_display_version"),
            to_build_number: text(config, "to_build_number")?
                .parse()
                .map_err(|_| "a number of a build".to_owned())?,
            to_build_id: owned("to_buildid")?,
            partial_versions: list("partial_versions")?,
            override_certs: optional("override_certs"),
            platform: owned("platform")?,
            updater_platform: owned("updater_platform")?,
            archive_prefix: owned("archive_prefix")?,
            previous_archive_prefix: owned("previous_archive_prefix")?,
            last_linux_bz2_version: optional("last_linux_bz2_version"),
            full_check_locales: list("full_check_locales")?,
        };
        let mut paths = BTreeMap::new();
        for (version, path) in mapping(row, "update_paths")? {
            let locales = texts(path, "locales")?.into_iter();
            let path = UpdatePath {
                app_version: text(path, "appVersion")?.to_owned(),
                build_id: text(path, "buildID")?.to_owned(),
                locales: locales.map(str::to_owned).collect(),
                mar_channel_ids: path["marChannelIds"].as_str().map(str::to_owned),
            };
            paths.insert(version.clone(), path);
        }
        let platform =
            Platform::in_archive(&options.platform).map_err(|error| error.to_string())?;
        let locales = platform.locales(text(row, "to_shipped_locales")?);
        let created = options.create(&paths, &locales);
        let created = created.map_err(|error| error.to_string())?;
        Ok(Verdict::equal("cfg", &created.write().into(), &row["cfg"]))
    })
}
