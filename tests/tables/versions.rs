//! The order of versions.

use std::cmp::Ordering;

use serde_json::Value;
use snowman::stage::version_order::compare;

use super::row::{Table, Verdict, text};

pub const TABLES: &[Table] = &[Table::of_rows("mozrelease-version-order.json", order)];

fn order(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let order = compare(text(row, "a")?, text(row, "b")?).map_err(|error| error.to_string());
        let is = |wanted: Ordering| order.clone().map(|order| Value::from(order == wanted));
        Ok(Verdict::all([
            Verdict::answer("less", is(Ordering::Less), &row["lt"]),
            Verdict::answer("equal", is(Ordering::Equal), &row["eq"]),
        ]))
    })
}
