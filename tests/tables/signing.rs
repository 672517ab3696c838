//! Signing: the order of formats, the certificate of a task, and the channels of a certificate.

use serde_json::{Map, Value};
use snowman::stage::signing::channels::{accepts, allowed};
use snowman::stage::signing::formats::{method, sorted};
use snowman::stage::signing::scopes::certificate_scope;

use super::row::{Malformed, Table, Verdict, mapping, text, texts};

pub const TABLES: &[Table] = &[
    Table::of_rows("signing-format-order.json", order),
    Table::of_rows("signing-scopes-and-mar-channels.json", certificate),
];

/// The worker's product, which the rows do not name.
const PREFIX: &str = "project:releng:signing:";

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn order(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let ours = sorted(&owned(texts(row, "formats")?));
        let functions = mapping(row, "functions")?.keys();
        let functions = functions.map(|format| (format.clone(), method(format).name().into()));
        let functions = Value::Object(functions.collect::<Map<_, _>>());
        Ok(Verdict::all([
            Verdict::equal("order", &ours.into(), &row["order"]),
            Verdict::equal("functions", &functions, &row["functions"]),
        ]))
    })
}

fn certificate(row: &Value) -> Verdict {
    let scopes = |row: &Value| -> Result<Verdict, Malformed> {
        let scopes = owned(texts(row, "scopes")?);
        let ours = certificate_scope(&scopes, &[PREFIX]);
        let ours = ours.map(Value::from).map_err(|error| error.to_string());
        Ok(Verdict::answer("certificate", ours, &row["cert"]))
    };
    let channel = |row: &Value| {
        let scope = format!("{PREFIX}cert:{}", text(row, "cert")?);
        let patterns = allowed(&scope).ok_or("an unknown certificate")?;
        let ours = accepts(patterns, text(row, "mar_channel_id")?);
        Ok(Verdict::equal("accepted", &ours.into(), &row["accepted"]))
    };
    if row.get("scopes").is_some() {
        Verdict::of(row, scopes)
    } else {
        Verdict::of(row, channel)
    }
}
