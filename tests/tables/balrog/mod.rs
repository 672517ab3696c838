//! Balrog's public side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use snowman::base::value::Value as Tree;
use snowman::stage::balrog::allowlist::Allowlist;
use snowman::stage::balrog::answer::{Answer, answer};
use snowman::stage::balrog::blob::validate::{Invalid, validate};
use snowman::stage::balrog::evaluate::{Decision, Outcome, evaluate, matching_rules};
use snowman::stage::balrog::fault::Fault;
use snowman::stage::balrog::matching;
use snowman::stage::balrog::query::{Force, Known, Query};
use snowman::stage::balrog::request;
use snowman::stage::balrog::signoffs::{Requirement, verify};
use snowman::stage::balrog::version::{Class, Strict, matches, previous};
use snowman::stage::balrog::world::World;

use super::row::{Malformed, Table, Verdict, list, mapping, number, text};

mod blobs;

use blobs::{blob_row, compared, details, same_errors};

pub const TABLES: &[Table] = &[
    Table::of_files("balrog.json", recorded),
    Table::of_files("balrog-random.json", random),
];

fn recorded(_: &Path, content: &Value) -> Vec<Verdict> {
    let Ok(kinds) = mapping(content, "cases") else {
        return vec![Verdict::Wrong("the file has no mapping `cases`".to_owned())];
    };
    let mut verdicts = Vec::new();
    for (kind, rows) in kinds {
        // Rows were recorded when functions returned. If one calls another with the same question, as that of a
        // class calls that of its base, the last row has the answer.
        let mut by_question: BTreeMap<String, &Value> = BTreeMap::new();
        for row in rows.as_array().into_iter().flatten() {
            by_question.insert(question(row), row);
        }
        verdicts.extend(by_question.into_values().map(|row| {
            match Verdict::of(row, |row| recorded_row(content, kind, row)) {
                Verdict::Wrong(how) => {
                    Verdict::Wrong(format!("{kind}: {how} ({})", row["from_test"]))
                }
                other => other,
            }
        }));
    }
    verdicts
}

/// What a row asks, and in which test, without what it is answered.
fn question(row: &Value) -> String {
    const ANSWERS: &[&str] = &["error", "metadata", "release", "result", "update_type"];
    let mut row = row.clone();
    for (key, value) in row.as_object_mut().into_iter().flatten() {
        if ANSWERS.contains(&key.as_str()) {
            *value = Value::Null;
        }
    }
    row.to_string()
}

/// What our side says about a row: a value, or the class and text of an error.
type Ours = Result<Value, (&'static str, String)>;

fn of_fault(fault: Fault) -> (&'static str, String) {
    match fault {
        Fault::BadData(text) => ("BadDataError", text),
        Fault::Broken(text) => ("broken", text),
    }
}

fn recorded_row(content: &Value, kind: &str, row: &Value) -> Result<Verdict, Malformed> {
    let args = &row["args"];
    let rule = args["rule"].as_str();
    let query = || args["query"].as_str().ok_or("no text `query`");
    let flag = |answer: bool| Ok(Value::Bool(answer));
    let fallible = |answer: Result<bool, Fault>| answer.map(Value::Bool).map_err(of_fault);
    let ours: Ours = match kind {
        "http" => return http(content, row),
        "evaluateRules" => return evaluated(content, row),
        "getRulesMatchingQuery" => {
            let world = world_of(content, row, None, &Value::Null)?;
            let rules = matching_rules(
                &world,
                &query_of(&row["query"])?,
                text(row, "fallbackChannel")?,
            );
            let ids = rules.map(|rules| rules.iter().map(|rule| rule.rule_id).collect::<Vec<_>>());
            let ours = ids.map(Value::from).map_err(|fault| fault.to_string())?;
            return Ok(Verdict::equal("rules", &ours, &row["rule_ids"]));
        }
        "isForbiddenUrl" => {
            let is_allowed =
                allowlist(&row["allowlist"]).allows(text(row, "url")?, text(row, "product")?);
            flag(!is_allowed)
        }
        "verify_signoffs" => {
            let required: Vec<Requirement> = list(row, "required")?
                .iter()
                .map(|one| Requirement::read(&tree(one)))
                .collect();
            let given = list(row, "given")?.iter().map(|one| text(one, "role"));
            let ours = verify(&required, &given.collect::<Result<Vec<_>, _>>()?);
            let ours = ours.map_or_else(|missing| missing.to_string().into(), |()| Value::Null);
            return Ok(Verdict::equal("error", &ours, &row["error"]));
        }
        "version_cmp" => {
            let read = |name: &str| {
                text(row, name).map(|text| Strict::read(text).map_err(|error| error.to_string()))
            };
            let order = read("a")??.compare(&read("b")??) as i64;
            return Ok(Verdict::equal("order", &order.into(), &row["result"]));
        }
        "decrement_version" => Ok(previous(text(args, "version")?).into()),
        "version_compare" => fallible(matches(
            text(args, "value")?,
            text(args, "comparison")?,
            class(args),
        )),
        "int_compare" => fallible(matching::number(
            integer(args, "value")?,
            text(args, "comparison")?,
        )),
        "string_compare" => fallible(matching::text(
            text(args, "value")?,
            text(args, "comparison")?,
        )),
        "matchVersion" => fallible(matching::version(rule, query()?, class(args))),
        "matchBuildID" => fallible(matching::build_id(rule, query()?)),
        "matchMemory" => {
            let memory = match &args["query"] {
                Value::String(text) => matching::integer(text),
                value => value.as_i64().map(i128::from),
            };
            fallible(matching::memory(rule, memory))
        }
        "matchChannel" => flag(matching::channel(rule, query()?, text(args, "fallback")?)),
        "matchRegex" => flag(matching::glob(text(args, "rule")?, query()?)),
        "matchCsv" => {
            if args["substring"] != false {
                return Err("a kind of list that no rule has".to_owned());
            }
            flag(matching::one_of(rule, args["query"].as_str()))
        }
        "matchLocale" => flag(matching::one_of(rule, Some(query()?))),
        "matchSimpleExpression" if args["substring"] == false => {
            flag(matching::whole_expression(rule, query()?))
        }
        "matchSimpleExpression" => flag(matching::expression(rule, query()?)),
        "matchBoolean" => flag(matching::flag(
            args["rule"].as_bool(),
            args["query"].as_bool(),
        )),
        _ => return blob_row(content, kind, row),
    };
    Ok(compared(ours, &row["result"], &row["error"]))
}

fn evaluated(content: &Value, row: &Value) -> Result<Verdict, Malformed> {
    let mut world = world_of(content, row, None, &Value::Null)?;
    if let Some(rules) = row.get("matching_rules") {
        world.rules = World::read(&tree(&json!({"rules": rules})))
            .map_err(|error| error.to_string())?
            .rules;
    }
    let die = row["die"].as_u64().unwrap_or_default() as u8;
    let query = query_of(&row["query"])?;
    let outcome = match evaluate(&world, &query, die) {
        Ok(outcome) => outcome,
        Err(fault) => return Ok(compared(Err(of_fault(fault)), &Value::Null, &row["error"])),
    };
    if !row["release"].is_null() && is_shut_off(&world, &query) {
        // Balrog keeps the list of shutoffs for some seconds, in which it answers as it did before. Ours has no
        // cache, so it offers nothing; the answer is that of a world without them.
        let shut = Verdict::equal(
            "a shutoff",
            &matches!(outcome.decision, Decision::ShutOff).into(),
            &true.into(),
        );
        world.shutoffs = BTreeSet::new();
        let before = evaluate(&world, &query, die).map_err(|fault| fault.to_string())?;
        return Ok(Verdict::all([shut, offered(&before, row)]));
    }
    Ok(offered(&outcome, row))
}

/// Whether the world of a row has a shutoff for the product and the channel of a query.
fn is_shut_off(world: &World, query: &Query) -> bool {
    let shutoff = (query.product.clone(), query.channel.clone());
    world.shutoffs.contains(&shutoff)
}

/// Compares what the rules lead to.
fn offered(outcome: &Outcome<'_>, row: &Value) -> Verdict {
    let unknown = || Value::from("unknown");
    let (id, version) = match outcome.rule {
        Some(rule) => (rule.rule_id.into(), rule.data_version.into()),
        None => (unknown(), unknown()),
    };
    let (release, update_type) = match &outcome.decision {
        Decision::Offered { blob, .. } => {
            let update_type = outcome.rule.map(|rule| rule.update_type.as_str());
            (Some(blob.name()).into(), update_type.into())
        }
        _ => (Value::Null, Value::Null),
    };
    Verdict::all([
        Verdict::equal("rule_id", &id, &row["metadata"]["rule_id"]),
        Verdict::equal(
            "rule_data_version",
            &version,
            &row["metadata"]["rule_data_version"],
        ),
        Verdict::equal("release", &release, &row["release"]),
        Verdict::equal("update_type", &update_type, &row["update_type"]),
    ])
}

fn http(content: &Value, row: &Value) -> Result<Verdict, Malformed> {
    let world = world_of(
        content,
        row,
        Some(&row["allowlist"]),
        &row["special_force_hosts"],
    )?;
    let ours = asked(&world, row)?;
    let rule = ours.rule.as_ref();
    Ok(Verdict::all([
        Verdict::equal("status", &ours.status.into(), &row["status"]),
        Verdict::equal("media type", &ours.media_type.into(), &row["mimetype"]),
        Verdict::equal(
            "rule_id",
            &rule.map(|rule| rule.id.clone()).into(),
            &row["rule_id"],
        ),
        Verdict::equal(
            "rule_data_version",
            &rule.map(|rule| rule.data_version.clone()).into(),
            &row["rule_data_version"],
        ),
        Verdict::equal("body", &ours.body.into(), &row["body"]),
    ]))
}

fn asked(world: &World, row: &Value) -> Result<Answer, Malformed> {
    let agent = mapping(row, "headers")?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
    let agent = agent.and_then(|(_, value)| value.as_str());
    let die = row["die"].as_u64().unwrap_or_default() as u8;
    Ok(answer(
        world,
        &request::read(text(row, "request")?, agent),
        die,
    ))
}

fn random(_: &Path, content: &Value) -> Vec<Verdict> {
    let worlds = content["worlds"].as_array().into_iter().flatten();
    worlds
        .flat_map(|world| random_world(world).unwrap_or_else(|why| vec![Verdict::Wrong(why)]))
        .collect()
}

fn random_world(row: &Value) -> Result<Vec<Verdict>, Malformed> {
    let world = World::read(&tree(row)).map_err(|error| error.to_string())?;
    let (requests, answers) = (list(row, "requests")?, list(row, "answers")?);
    if requests.len() != answers.len() {
        return Err("not as many answers as requests".to_owned());
    }
    let compare = |(request, theirs): (&Value, &Value)| {
        let ours = match asked(&world, request) {
            Ok(ours) => ours,
            Err(why) => return Verdict::Wrong(why),
        };
        if theirs.get("exception").is_some() {
            return Verdict::Crashed;
        }
        let rule = ours.rule.map(|rule| rule.id);
        let verdict = Verdict::all([
            Verdict::equal("status", &ours.status.into(), &theirs["status"]),
            Verdict::equal("rule_id", &rule.into(), &theirs["rule_id"]),
            Verdict::equal("body", &ours.body.into(), &theirs["body"]),
        ]);
        match verdict {
            Verdict::Wrong(how) => Verdict::Wrong(format!("{how}, for {}", request["request"])),
            other => other,
        }
    };
    let mut verdicts: Vec<Verdict> = requests.iter().zip(answers).map(compare).collect();
    for name in list(row, "validate")? {
        let name = name.as_str().ok_or("a release without a name")?;
        let release = world.releases.get(name).ok_or("an unknown release")?;
        let ours = validate(&release.blob, &release.product, &world.allowlist);
        let theirs = row["invalid"].get(name);
        verdicts.push(match (ours, theirs) {
            (Ok(()), None) => Verdict::Right,
            (Err(invalid), Some(theirs)) if !theirs["errors"].is_array() => {
                Verdict::equal("errors", &invalid.to_string().into(), &theirs["errors"])
            }
            (Err(Invalid::Form(errors)), Some(theirs)) => {
                Verdict::equal("errors", &errors.into(), &theirs["errors"])
            }
            (Err(invalid @ Invalid::Conflicts(_)), Some(theirs)) => {
                same_errors(&details(&invalid), &theirs["errors"])
            }
            (ours, theirs) => Verdict::Wrong(format!("{name}: {ours:?} instead of {theirs:?}")),
        });
    }
    Ok(verdicts)
}

fn tree(value: &Value) -> Tree {
    Tree::from(value.clone())
}

fn allowlist(value: &Value) -> Allowlist {
    Allowlist::read(&tree(value))
}

fn class(args: &Value) -> Class {
    if args["versionClass"] == "LooseVersion" {
        Class::Loose
    } else {
        Class::Strict
    }
}

fn integer(args: &Value, name: &str) -> Result<i128, Malformed> {
    number(args, name).map(i128::from)
}

/// The world that a row names, with the hosts that the row has.
fn world_of(
    content: &Value,
    row: &Value,
    hosts: Option<&Value>,
    special: &Value,
) -> Result<World, Malformed> {
    let mut world = match row["world"].as_str() {
        Some(id) => content["worlds"].get(id).ok_or("an unknown world")?.clone(),
        None => json!({}),
    };
    for release in world["releases"]
        .as_object_mut()
        .into_iter()
        .flat_map(|releases| releases.values_mut())
    {
        let blob = text(release, "blob")?;
        release["blob"] = content["blobs"].get(blob).ok_or("an unknown blob")?.clone();
    }
    world["allowlist"] = hosts.cloned().unwrap_or_default();
    world["special_force_hosts"] = special.clone();
    World::read(&tree(&world)).map_err(|error| error.to_string())
}

fn query_of(query: &Value) -> Result<Query, Malformed> {
    let text = |name: &str| query[name].as_str().map(str::to_owned);
    Ok(Query {
        product: text("product").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        build_id: text("buildID"),
        build_target: text("buildTarget").unwrap_or_default(),
        locale: text("locale"),
        channel: text("channel").unwrap_or_default(),
        os_version: text("osVersion"),
        distribution: text("distribution"),
        dist_version: text("distVersion"),
        header_architecture: text("headerArchitecture"),
        instruction_set: match query.get("instructionSet") {
            None => Known::NotAsked,
            Some(set) => set
                .as_str()
                .map_or(Known::Unknown, |set| Known::Told(set.to_owned())),
        },
        memory: query["memory"].as_i64().map(i128::from),
        jaws: query["jaws"].as_bool(),
        mig64: query["mig64"].as_bool(),
        force: query["force"]["force"].as_str().and_then(Force::read),
        pin: text("pin"),
    })
}
