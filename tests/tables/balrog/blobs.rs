//! Rows about blobs.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use snowman::stage::balrog::blob::Blob;
use snowman::stage::balrog::blob::conflicts::NotCompared;
use snowman::stage::balrog::blob::kind::Kind;
use snowman::stage::balrog::blob::offer::{Offer, Serve};
use snowman::stage::balrog::blob::validate::{Invalid, validate_as, validate_form};
use snowman::stage::balrog::query::Query;

use super::super::row::{Malformed, Verdict, is_crash, text};
use super::{Ours, allowlist, of_fault, query_of, tree, world_of};

/// Compares with a result, or with an error, `null` if there is none.
pub fn compared(ours: Ours, result: &Value, error: &Value) -> Verdict {
    match (ours, error) {
        (ours, Value::Null) => match ours {
            Ok(ours) => Verdict::equal("result", &ours, result),
            Err(error) => Verdict::Wrong(format!("{error:?} instead of {result}")),
        },
        (ours, error) => {
            // Either a class alone, or a mapping with class and message.
            let name = error["type"]
                .as_str()
                .or(error.as_str())
                .unwrap_or_default();
            let message = error["message"].as_str();
            match ours {
                Err(_) if is_crash(name) => Verdict::Right,
                Ok(_) if is_crash(name) => Verdict::Crashed,
                Err((class, text))
                    if class == name && message.is_none_or(|message| message == text) =>
                {
                    Verdict::Right
                }
                ours => Verdict::Wrong(format!("{ours:?} instead of {error}")),
            }
        }
    }
}

pub fn blob_row(content: &Value, kind: &str, row: &Value) -> Result<Verdict, Malformed> {
    let args = &row["args"];
    let blob_id = text(row, "blob")?;
    let blob = tree(content["blobs"].get(blob_id).ok_or("an unknown blob")?);
    let read = Blob {
        kind: class_of_blob(text(row, "class")?)?,
        content: &blob,
    };
    if kind == "validate" {
        let ours = match args["args"].as_array().map(Vec::as_slice) {
            Some([Value::String(product), hosts]) => validate_as(read, product, &allowlist(hosts)),
            _ => {
                let (product, hosts) = (
                    text(args, "product")?,
                    allowlist(&args["allowlistedDomains"]),
                );
                // The newest class calls the check of all blobs with these names, and does more itself.
                match read.kind {
                    Kind::App(9) => validate_form(read, product, &hosts),
                    _ => validate_as(read, product, &hosts),
                }
            }
        };
        return Ok(validated(ours, &row["error"]));
    }
    let query = match args.get("updateQuery") {
        Some(query) => query_of(query)?,
        None => Query::default(),
    };
    let world = world_of(
        content,
        row,
        Some(&args["allowlistedDomains"]),
        &args["specialForceHosts"],
    )?;
    let offer = Offer {
        world: &world,
        query: &query,
        update_type: args["update_type"].as_str().unwrap_or_default(),
    };
    let ours: Ours = match kind {
        "containsForbiddenDomain" => Ok(read
            .forbidden_url(text(args, "product")?, &world.allowlist)
            .is_some()
            .into()),
        "getInnerHeaderXML" => read.header(&offer).map(Value::from).map_err(of_fault),
        "getInnerFooterXML" => read.footer(&offer).map(Value::from).map_err(of_fault),
        "getInnerXML" => read.inner(&offer).map(Value::from).map_err(of_fault),
        "getReferencedReleases" => Ok(json!({"__set__": read.referenced_releases()})),
        "getResponse" => read
            .json_offer(&query, &world.allowlist)
            .map(|fields| {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.clone().into()));
                Value::Object(fields.collect::<Map<_, _>>())
            })
            .map_err(of_fault),
        "matchesUpdateQuery" => {
            let aliases = args["aliases"]["__set__"].as_array().into_iter().flatten();
            let aliases: BTreeSet<&str> = aliases.filter_map(Value::as_str).collect();
            let app = read
                .as_app()
                .ok_or("the blob is not one of an application")?;
            Ok(app.is_of(&query, &aliases).into())
        }
        "shouldServeUpdate" => {
            let name = |serve| match serve {
                Serve::No => "No",
                Serve::Unpinned => "Maybe",
                Serve::Yes => "Yes",
            };
            read.should_serve(&query)
                .map(|serve| name(serve).into())
                .map_err(of_fault)
        }
        _ => return Err(format!("unknown kind `{kind}`")),
    };
    Ok(compared(ours, &row["result"], &row["error"]))
}

fn validated(ours: Result<(), Invalid>, theirs: &Value) -> Verdict {
    let ours = ours.map(|()| Value::Null).map_err(|invalid| {
        let class = match invalid {
            Invalid::Domain { .. } | Invalid::HashLength { .. } => "ValueError",
            Invalid::Kind(_)
            | Invalid::Form(_)
            | Invalid::Conflicts(_)
            | Invalid::NotCompared(NotCompared::Values(..)) => "BlobValidationError",
            Invalid::HashFunction(_) | Invalid::NotCompared(_) => "broken",
        };
        let errors = details(&invalid);
        (class, invalid.to_string(), errors)
    });
    let listed = match &ours {
        Err((_, _, errors)) if !errors.is_null() => same_errors(errors, &theirs["errors"]),
        _ => Verdict::Right,
    };
    let ours = ours.map_err(|(class, text, _)| (class, text));
    Verdict::all([compared(ours, &Value::Null, theirs), listed])
}

/// The mistakes that a refusal lists; null if it lists none.
pub fn details(invalid: &Invalid) -> Value {
    match invalid {
        Invalid::Form(errors) => json!(errors),
        Invalid::Conflicts(conflicts) => conflicts
            .iter()
            .map(|one| json!([Value::from(one.one.clone()), Value::from(one.other.clone()), {"__set__": one.attributes}]))
            .collect(),
        _ => Value::Null,
    }
}

/// Compares the mistakes that refusals list.
pub fn same_errors(ours: &Value, theirs: &Value) -> Verdict {
    match any_order(ours) == any_order(theirs) {
        true => Verdict::Right,
        false => Verdict::equal("errors", ours, theirs),
    }
}

/// The pieces of messages, in which the table has kept no order of keys.
fn any_order(errors: &Value) -> Vec<String> {
    let text = errors.to_string();
    let mut pieces: Vec<String> = text
        .split([',', '{', '}', ' '])
        .map(str::to_owned)
        .collect();
    pieces.sort();
    pieces
}

/// The kind of blobs that a class is for.
fn class_of_blob(class: &str) -> Result<Kind, Malformed> {
    let kind = match class {
        "DesupportBlob" => Some(Kind::Desupport),
        "GMPBlobV1" => Some(Kind::Plugins),
        "GuardianBlob" => Some(Kind::Vpn),
        "SuperBlob" => Some(Kind::Several),
        "SystemAddonsBlob" => Some(Kind::SystemAddons),
        class => {
            let version = class.strip_prefix("ReleaseBlobV");
            version.and_then(|version| Kind::of_schema(version.parse().ok()?))
        }
    };
    kind.ok_or_else(|| format!("unknown class `{class}`"))
}
