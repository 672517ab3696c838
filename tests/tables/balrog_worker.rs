//! The workers of the update server.

use serde_json::{Value, json};
use snowman::base::time::Timestamp;
use snowman::base::value::{Object, Value as Tree};
use snowman::stage::balrog_worker::access;
use snowman::stage::balrog_worker::locale::Entry;
use snowman::stage::balrog_worker::request::{Api, Request};
use snowman::stage::balrog_worker::schedule::Schedule;
use snowman::stage::balrog_worker::toplevel::Toplevel;
use snowman::stage::balrog_worker::whats_new::{Release, update_line};

use super::row::{Malformed, Table, Verdict, list, text, texts};

pub const TABLES: &[Table] = &[
    Table::of_rows("balrog-schedule.json", schedule),
    Table::of_rows("balrog-scopes.json", scopes),
    Table::of_rows("balrog-submit-locale.json", submit_locale),
    Table::of_rows("balrog-submit-toplevel.json", submit_toplevel),
    Table::of_rows("whats-new-updateLine.json", whats_new),
];

/// The prefix of the scopes that the worker of the table accepts.
const PREFIXES: &[&str] = &["project:releng:balrog:"];
/// The address that the worker of the table sends its requests to.
const ROOT: &str = "https://balrog/api";

fn scopes(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let scopes = texts(row, "scopes")?;
        let of_payload = row["payload"]["behavior"].as_str();
        let behavior = access::behavior(&scopes, PREFIXES, of_payload);
        let behavior = behavior.map(Value::from).map_err(|error| error.to_string());
        let server = access::server(&scopes, PREFIXES);
        let server = server.map(Value::from).map_err(|error| error.to_string());
        Ok(Verdict::all([
            Verdict::answer("behavior", behavior, &row["behavior"]),
            Verdict::answer("server", server, &row["server"]),
        ]))
    })
}

/// A request as the tables write it. Those about rules are named there by what the client of the API does.
fn request(request: &Request, rules: &[Tree]) -> Value {
    let body: Value = request
        .body
        .clone()
        .map_or(Value::Null, serde_json::Value::from);
    if let Some(rule) = request.path.strip_prefix("/rules/") {
        return json!({"update_rule": rule, "data": body});
    }
    if request.path == "/scheduled_changes/rules" {
        let mut rules = rules.iter();
        let rule = rules.find(|rule| **rule == body["rule_id"]).cloned();
        return json!({"schedule_rule_change": Value::from(rule.unwrap_or_default()), "data": body});
    }
    json!({
        "method": request.method.to_lowercase(),
        "url": format!("{ROOT}{}", request.path),
        "json": body,
    })
}

/// Compares requests, and that there is no error.
fn compare(row: &Value, ours: &[Request], rules: &[Tree]) -> Verdict {
    let ours: Value = ours.iter().map(|one| request(one, rules)).collect();
    Verdict::all([
        Verdict::equal("error", &Value::Null, &row["error"]),
        Verdict::equal("requests", &ours, &row["requests"]),
    ])
}

fn submit_locale(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let mut ours = Vec::new();
        for entry in list(row, "manifest")? {
            let entry = Entry::read(&entry.clone().into()).map_err(|error| error.to_string())?;
            for suffix in texts(row, "suffixes")? {
                ours.extend(entry.requests(Api::Second, suffix, &|_| None));
            }
        }
        Ok(compare(row, &ours, &[]))
    })
}

fn submit_toplevel(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let api = match text(&row["payload"], "behavior")? {
            "v2-submit-toplevel" => Api::Second,
            _ => Api::First,
        };
        let payload: Tree = row["payload"].clone().into();
        let toplevel = Toplevel::read(&payload).map_err(|error| error.to_string())?;
        let existing: Tree = row["existing"].clone().into();
        let ours = toplevel.requests(api, &|name| existing.get(name).cloned());
        Ok(compare(row, &ours, &[]))
    })
}

fn schedule(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let payload: Tree = row["payload"].clone().into();
        let now = Timestamp::parse(text(row, "now")?).ok_or("no moment `now`")?;
        let schedule = Schedule::read(&payload, now).map_err(|error| error.to_string())?;
        let rule: Tree = row["rule_before"].clone().into();
        let rule: &Object = rule.as_object().ok_or("no rule")?;
        let ours = schedule.requests(&|_| Some(rule.clone()));
        Ok(compare(row, &ours, &schedule.rules))
    })
}

fn whats_new(row: &Value) -> Verdict {
    let read = |row: &Value| -> Result<Verdict, Malformed> {
        let config = list(row, "config")?.iter().cloned();
        let config: Vec<Tree> = config.map(Tree::from).collect();
        let context = &row["context"];
        let release = Release {
            product: text(context, "product")?,
            version: text(context, "version")?,
            release_type: text(context, "release-type")?,
            blob_type: text(context, "blob-type")?,
            build_id: text(context, "build-id")?,
        };
        let ours = update_line(&config, release);
        let ours = ours
            .map(|lines| lines.into_iter().map(Value::from).collect())
            .map_err(|error| error.to_string());
        Ok(Verdict::answer("lines", ours, &row["updateLine"]))
    };
    Verdict::of(row, read)
}
