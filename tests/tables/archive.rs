//! The archive.

use indexmap::IndexMap;
use serde_json::{Value, json};
use snowman::base::value::Value as Tree;
use snowman::stage::archive::access::{self, AccessError};
use snowman::stage::archive::balrog_manifest::{
    Mar, PreviousRelease, Properties, Target, complete_info, entry, partial_info,
};
use snowman::stage::archive::globbed_map::{self, TaskMap};
use snowman::stage::archive::layout::{
    Installer, candidates_folder, pretty_version, releases_folder,
};
use snowman::stage::archive::push::{Candidate, Release};

use super::row::{Malformed, Table, Verdict, list, mapping, number, text, texts};

pub const TABLES: &[Table] = &[
    Table::of_rows("beetmover-balrog-manifest.json", manifest),
    Table::of_rows("beetmover-globbed-artifact-map.json", globbed),
    Table::of_rows("beetmover-push-to-releases.json", push),
    Table::of_rows("beetmover-scopes.json", scopes),
    Table::of_rows("mozrelease-paths.json", paths),
];

/// The prefix of the scopes that the worker of the table accepts.
const PREFIXES: &[&str] = &["project:releng:beetmover:"];

fn scopes(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let scopes = texts(row, "scopes")?;
        let available = texts(row, "enabled_resources")?;
        let message = |errors: Vec<AccessError>| access::message(&errors);
        let resource = access::resource(&scopes, PREFIXES, &available);
        let resource = resource.map(|(_, name)| name.into()).map_err(message);
        let action = access::action(&scopes, PREFIXES)
            .map(Value::from)
            .map_err(message);
        Ok(Verdict::all([
            Verdict::answer("resource", resource, &row["resource"]),
            Verdict::answer("action", action, &row["action"]),
        ]))
    })
}

fn globbed(row: &Value) -> Verdict {
    let read = |row: &Value| {
        let mut maps = Vec::new();
        for map in list(row, "artifactMap")? {
            let mut paths = IndexMap::new();
            for (path, place) in mapping(map, "paths")? {
                let places = texts(place, "destinations")?;
                paths.insert(
                    path.clone(),
                    places.into_iter().map(str::to_owned).collect(),
                );
            }
            let task_id = text(map, "taskId")?.to_owned();
            maps.push(TaskMap { task_id, paths });
        }
        let mut upstream = IndexMap::new();
        for task in mapping(row, "upstream")?.keys() {
            let artifacts = texts(&row["upstream"], task)?;
            upstream.insert(
                task.clone(),
                artifacts.into_iter().map(str::to_owned).collect(),
            );
        }
        Ok::<_, Malformed>((maps, upstream))
    };
    Verdict::of(row, |row| {
        let (maps, upstream) = read(row)?;
        let ours = globbed_map::expand(&maps, &upstream, globbed_map::PREFIXES);
        let ours = ours.map(|maps| {
            let maps = maps.into_iter().map(|TaskMap { task_id, paths }| {
                // In the table, paths begin with their task instead of a folder.
                let paths = paths.into_iter().map(|(path, places)| {
                    (format!("{task_id}:{path}"), json!({"destinations": places}))
                });
                let paths: serde_json::Map<String, Value> = paths.collect();
                json!({"taskId": task_id, "paths": paths})
            });
            maps.collect()
        });
        let ours = ours.map_err(|errors| globbed_map::message(&errors));
        Ok(Verdict::answer("map", ours, &row["result"]))
    })
}

/// A row has neither the content of the MARs, nor build number and version of the payload, so these are
/// read from the answer; what is compared is whether and where they appear.
fn manifest(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let given = &row["releaseProperties"];
        let properties = Properties {
            app_name: text(given, "appName")?,
            app_version: text(given, "appVersion")?,
            branch: text(given, "branch")?,
            build_id: text(given, "buildid")?,
            hash_type: text(given, "hashType")?,
            platform: text(given, "platform")?,
        };
        let answer = &row["entry"]["ok"];
        let build_number = Tree::from(answer["build_number"].clone());
        let target = match text(row, "action")? {
            "push-to-candidates" => Target::Candidate {
                version: answer["version"].as_str().unwrap_or(properties.app_version),
                build_number: &build_number,
            },
            _ => Target::Nightly,
        };
        let ours: Value = Tree::Object(entry(&properties, text(row, "locale")?, &target)).into();
        let mut verdicts = vec![Verdict::answer("entry", Ok(ours), &row["entry"])];

        let answer = &row["completeInfo"]["ok"];
        let (prefix, mar) = mar(answer)?;
        let ours: Value = Tree::Object(complete_info(prefix, &mar)).into();
        verdicts.push(Verdict::answer(
            "completeInfo",
            Ok(ours),
            &row["completeInfo"],
        ));
        verdicts.push(partials(row, &target)?);
        Ok(Verdict::all(verdicts))
    })
}

fn partials(row: &Value, target: &Target<'_>) -> Result<Verdict, Malformed> {
    let given = list(row, "partials")?;
    let values: Vec<(&str, Tree, Tree)> = given
        .iter()
        .map(|one| {
            let version = one["previousVersion"].clone().into();
            let build_number = one["previousBuildNumber"].clone().into();
            Ok((text(one, "buildid")?, version, build_number))
        })
        .collect::<Result<_, Malformed>>()?;
    let previous: Vec<PreviousRelease<'_>> = values
        .iter()
        .map(|(build_id, version, build_number)| PreviousRelease {
            build_id,
            version,
            build_number,
        })
        .collect();
    let answers = list(row, "partialInfo")?;
    let mut verdicts = vec![Verdict::equal(
        "partials",
        &given.len().into(),
        &answers.len().into(),
    )];
    for (one, answer) in given.iter().zip(answers) {
        let (prefix, mar) = mar(&answer["ok"])?;
        let from = Tree::from(one["buildid"].clone());
        let ours = Tree::Object(partial_info(prefix, &mar, &from, target, &previous));
        verdicts.push(Verdict::answer("partialInfo", Ok(ours.into()), answer));
    }
    Ok(Verdict::all(verdicts))
}

/// The address of the archive and the MAR in it.
fn mar(answer: &Value) -> Result<(&str, Mar<'_>), Malformed> {
    let url = text(answer, "url")?;
    let host = url.find("://").map_or(0, |at| at + 3);
    let slash = url[host..].find('/').ok_or("no path in `url`")?;
    let (prefix, destination) = url.split_at(host + slash);
    let mar = Mar {
        hash: text(answer, "hash")?,
        size: number(answer, "size")?,
        destination: &destination[1..],
    };
    Ok((prefix, mar))
}

fn push(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let partners = texts(row, "partners")?;
        let release = Release {
            product: text(row, "product")?,
            version: text(row, "version")?,
            build_number: number(row, "build_number")?,
            partners: &partners,
        };
        let ours = match release.candidate(text(row, "candidate")?) {
            Candidate::Copied(path) => path.into(),
            Candidate::LeftOut(_) => Value::Null,
        };
        Ok(Verdict::equal("release", &ours, &row["release"]))
    })
}

/// The rows have no build number and locale: the number is that of the answer, the locale a placeholder.
fn paths(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        if let Ok(version) = text(row, "pretty_version_of") {
            let ours = pretty_version(version);
            return Ok(Verdict::equal("pretty version", &ours.into(), &row["is"]));
        }
        let (product, version) = (text(row, "product")?, text(row, "version")?);
        let (_, build_number) = text(row, "candidates")?
            .rsplit_once("build")
            .ok_or("no build")?;
        let build_number = build_number.parse().map_err(|_| "no build number")?;
        let installer = Installer {
            product,
            brand: text(row, "brand")?,
            version,
            platform: text(row, "platform")?,
            locale: "%locale%",
            last_bzip2_version: row["last_linux_bz2_version"].as_str(),
        };
        let installer = installer
            .path()
            .map(Value::from)
            .map_err(|error| error.to_string());
        let candidates = candidates_folder(product, version, build_number);
        let releases = releases_folder(product, version);
        Ok(Verdict::all([
            Verdict::equal("candidates", &candidates.into(), &row["candidates"]),
            Verdict::equal("releases", &releases.into(), &row["releases"]),
            Verdict::answer("installer", installer, &row["installer"]),
        ]))
    })
}
