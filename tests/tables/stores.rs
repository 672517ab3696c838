//! Stores.

use serde_json::{Value, json};
use snowman::base::value::Value as Ours;
use snowman::stage::stores::jar_manifest;
use snowman::stage::stores::publish::{self, Account};

use super::row::{Table, Verdict, text, texts};

pub const TABLES: &[Table] = &[
    Table::of_rows("pushapk-manifest.json", manifest),
    Table::of_rows("pushapk-publish-config.json", config),
];

fn manifest(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let digests = jar_manifest::read(text(row, "manifest")?);
        let ok = jar_manifest::has_digest(&digests, text(row, "expected_digest")?);
        Ok(Verdict::all([
            Verdict::equal("parsed", &json!(digests), &row["parsed"]),
            Verdict::equal("ok", &ok.into(), &row["ok"]),
        ]))
    })
}

fn config(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let (config, payload): (Ours, Ours) =
            (row["product"].clone().into(), row["payload"].clone().into());
        // The worker finds the configuration by the product of the scope, which is one of its names.
        let names = texts(&row["product"], "product_names")?;
        let product = *names.first().ok_or("a configuration of no product")?;
        let ours = publish::publish(&config, &payload, product);
        let ours = ours.map_err(|error| error.production_message()).map(|publish| {
            let mut value = json!({
                "target_store": publish.store,
                "dry_run": publish.is_dry_run,
                "package_names": publish.package_names,
                "rollout_percentage": json!(publish.rollout),
            });
            let more = match publish.account {
                Account::Google { track, certificate, secret } => json!({
                    "google_track": track, "certificate_alias": certificate, "secret": secret,
                }),
                Account::Samsung { account, token, submits } => json!({
                    "sgs_service_account_id": account, "sgs_access_token": token, "submit": submits,
                }),
            };
            if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
                value.extend(more);
            }
            value
        });
        Ok(Verdict::answer("publish", ours, &row["result"]))
    })
}
