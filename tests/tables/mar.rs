//! MAR files: what other programs read in them, and for what reason a client refuses them.
//!
//! The files of the selection were written by mardor, and its answers and those of libmar recorded.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use snowman::base::digest::{hex, sha256};
use snowman::stage::keys::{Hash, PublicKey};
use snowman::stage::mar::check::refused;
use snowman::stage::mar::client::{Client, accept};
use snowman::stage::mar::extract::extract;
use snowman::stage::mar::install::{Tree, install};
use snowman::stage::mar::manifest::{Instruction, Manifest, Version, When};
use snowman::stage::mar::pack::unpack;
use snowman::stage::mar::sign::{Algorithm, Verdict as Signature, digest, verify};
use snowman::stage::mar::{Mar, ProductInfo};
use snowman::stage::partials::make::{Build, MakeError, make};

use super::row::{Malformed, Table, Verdict, list, mapping, text};

pub const TABLES: &[Table] = &[
    Table::of_files("mar/table.json", updates),
    Table::of_files("mar-libmar-samples.json", samples),
];

/// The most bytes that a file may unpack to.
const LIMIT: u64 = 1 << 26;

/// What a client says of a bad file, by the words with which the table describes it.
const REASONS: &[(&str, &str)] = &[
    ("no signature", "has 0 signatures"),
    ("signed by another key", "none of the client's keys"),
    ("signed with SHA-1", "not made with SHA-384"),
    ("MAR channel id of another channel", "status 22"),
    ("product version older", "status 23"),
    (
        "one bit of the content changed",
        "changed after it was signed",
    ),
    ("cut short", "the file ends within"),
    (
        "well signed, but made from another build",
        "the patch is for",
    ),
];

fn updates(folder: &Path, table: &Value) -> Vec<Verdict> {
    let folder = folder.join("mar");
    let rows = table["files"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let compare = |row: &Value| {
        Verdict::of(row, |row| {
            let bytes = read(&folder, text(row, "file")?)?;
            let manifest = |mar: &Mar<'_>| manifest(mar, row);
            let same = of_file(&bytes, row, &keys(table)?, manifest)?;
            let reason = reason(&folder, table, row, &bytes)?;
            Ok(Verdict::all([same, reason, made(&folder, row, &bytes)?]))
        })
    };
    rows.iter().map(compare).collect()
}

/// Compares our partial update between the two builds of the table with the one that its scripts have made: the
/// instructions, and the size.
fn made(folder: &Path, row: &Value, theirs: &[u8]) -> Result<Verdict, Malformed> {
    if row["why"] != "good" || row["manifest"][0] != "type \"partial\"" {
        return Ok(Verdict::Right);
    }
    let build = |name: &str| {
        let bytes = read(folder, name)?;
        Build::unpack(&bytes).map_err(|errors| format!("{name}: {errors:?}"))
    };
    let (from, to) = (build("from.complete.mar")?, build("to.complete.mar")?);
    let partial = match make(&from, &to, &to.product, true) {
        // No client can update to such a build, so ours makes nothing; the scripts do not look.
        Err(MakeError::NoPrecomplete) => {
            let has_one = to.tree.keys().any(|path| path.ends_with("precomplete"));
            return Ok(Verdict::equal(
                "precomplete",
                &has_one.into(),
                &false.into(),
            ));
        }
        made => made.map_err(|error| error.to_string())?,
    };
    let mar = Mar::read(&partial.mar).map_err(|error| error.to_string())?;
    // Theirs is signed.
    let smaller = partial.mar.len() <= theirs.len();
    let smaller = Verdict::equal("ours is not larger", &smaller.into(), &true.into());
    Ok(Verdict::all([manifest(&mar, row)?, smaller]))
}

fn samples(folder: &Path, table: &Value) -> Vec<Verdict> {
    let folder = sample_folder(folder);
    let rows = table["rows"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let compare = |row: &Value| {
        Verdict::of(row, |row| {
            let bytes = read(&folder, text(row, "file")?)?;
            let mut keys = Vec::new();
            for name in mapping(&row["mardor"], "verifies")?.keys() {
                let key = read(&folder, &format!("{name}.der"))?;
                let key = PublicKey::from_certificate(&key).map_err(|error| error.to_string())?;
                keys.push((name.clone(), key));
            }
            of_file(&bytes, row, &keys, |_| Ok(Verdict::Right))
        })
    };
    rows.iter().map(compare).collect()
}

/// The folder with the samples: beside the tables, or where they are by default.
fn sample_folder(tables: &Path) -> PathBuf {
    let beside = tables.join("../samples/mar");
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/staging/samples/mar");
    if beside.is_dir() { beside } else { default }
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, Malformed> {
    fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))
}

/// The keys of the table, by their names.
fn keys(table: &Value) -> Result<Vec<(String, PublicKey)>, Malformed> {
    let mut keys = Vec::new();
    for (name, key) in mapping(table, "keys")? {
        let key = PublicKey::from_pem(key.as_str().unwrap_or_default());
        keys.push((name.clone(), key.map_err(|error| error.to_string())?));
    }
    Ok(keys)
}

/// Compares a file with what libmar and mardor say of it.
fn of_file(
    bytes: &[u8],
    row: &Value,
    keys: &[(String, PublicKey)],
    more: impl Fn(&Mar<'_>) -> Result<Verdict, Malformed>,
) -> Result<Verdict, Malformed> {
    let hashes = Verdict::all([
        Verdict::equal("sha256", &sha256(bytes).into(), &row["sha256"]),
        Verdict::equal(
            "sha512",
            &hex(&Hash::Sha512.digest(&[bytes])).into(),
            &row["sha512"],
        ),
    ]);
    let unpacks = |ours: bool| {
        let theirs = row["libmar_extract_rc"] == 0;
        Verdict::equal("can be unpacked", &ours.into(), &theirs.into())
    };
    let mar = match Mar::read(bytes) {
        Ok(mar) => mar,
        Err(_) => return Ok(Verdict::all([hashes, unpacks(false)])),
    };
    Ok(Verdict::all([
        hashes,
        unpacks(refused(&mar).is_empty()),
        described(&mar, keys, &row["mardor"])?,
        more(&mar)?,
    ]))
}

/// Compares a file with mardor's description.
fn described(
    mar: &Mar<'_>,
    keys: &[(String, PublicKey)],
    theirs: &Value,
) -> Result<Verdict, Malformed> {
    let product = mar.product_info().ok();
    let of = |field: fn(&ProductInfo) -> &String| match &product {
        Some(product) => Value::from(field(product).as_str()),
        None => Value::Null,
    };
    let entries = mar.entries.iter().map(|entry| {
        json!({"name": entry.name, "offset": entry.offset, "size": entry.size, "flags": entry.mode})
    });
    let signatures = mar.signatures.iter().map(
        |signature| json!({"algorithm_id": signature.algorithm, "size": signature.bytes.len()}),
    );
    let hashes = mar.signatures.iter().map(|signature| {
        let algorithm = Algorithm::numbered(signature.algorithm);
        let digest = algorithm.and_then(|algorithm| digest(mar, algorithm).ok());
        json!({"algorithm_id": signature.algorithm, "hex": digest.map(|digest| hex(&digest))})
    });
    // mardor knows a file as signed by a key when that key made all of its signatures.
    let verifies = keys.iter().map(|(name, key)| {
        let verdicts = verify(mar, &[key]).unwrap_or_default();
        let all = verdicts
            .iter()
            .all(|verdict| *verdict == Signature::Valid(0));
        (name.clone(), (all && !verdicts.is_empty()).into())
    });
    Ok(Verdict::all([
        Verdict::equal(
            "channel",
            &of(|product| &product.channel),
            &theirs["channel"],
        ),
        Verdict::equal(
            "version",
            &of(|product| &product.version),
            &theirs["productversion"],
        ),
        Verdict::equal("entries", &entries.collect(), &theirs["entries"]),
        Verdict::equal("signatures", &signatures.collect(), &theirs["signatures"]),
        Verdict::equal("hashes", &hashes.collect(), &theirs["hashes"]),
        Verdict::equal(
            "verifies",
            &Value::Object(verifies.collect()),
            &theirs["verifies"],
        ),
    ]))
}

/// Compares the manifest of a file with its lines.
fn manifest(mar: &Mar<'_>, row: &Value) -> Result<Verdict, Malformed> {
    let entry = mar.entry(Version::V3.entry()).ok_or("no manifest")?;
    let text = unpack(mar.content(entry).unwrap_or_default(), LIMIT);
    let text = text.map_err(|error| error.to_string())?;
    let manifest = Manifest::read(&text, Version::V3).map_err(|error| error.to_string())?;
    let lines: Vec<String> = manifest.instructions.iter().map(line).collect();
    let theirs = list(row, "manifest")?.get(1..).unwrap_or_default();
    Ok(Verdict::equal("manifest", &lines.into(), &theirs.into()))
}

/// The instruction as a line of a manifest.
fn line(instruction: &Instruction) -> String {
    match instruction {
        Instruction::Add { path, when } => match when {
            When::Always => format!("add \"{path}\""),
            When::Exists(tested) => format!("add-if \"{tested}\" \"{path}\""),
            When::Missing(tested) => format!("add-if-not \"{tested}\" \"{path}\""),
        },
        Instruction::Patch { entry, path, when } => match when {
            When::Exists(tested) => format!("patch-if \"{tested}\" \"{entry}\" \"{path}\""),
            _ => format!("patch \"{entry}\" \"{path}\""),
        },
        Instruction::Remove(path) => format!("remove \"{path}\""),
        Instruction::RemoveFolder(path) => format!("rmdir \"{path}/\""),
        Instruction::RemoveTree(path) => format!("rmrfdir \"{path}/\""),
    }
}

/// Whether a client takes a good file, and refuses a bad one for the reason that the table gives.
fn reason(folder: &Path, table: &Value, row: &Value, bytes: &[u8]) -> Result<Verdict, Malformed> {
    let ours = refusal(folder, table, bytes)?;
    let why = text(row, "why")?;
    if why == "good" {
        return Ok(Verdict::equal("refusal", &ours.into(), &Value::Null));
    }
    // For a reason that is not in the list, any refusal will do.
    let words = REASONS.iter().find(|(start, _)| why.starts_with(start));
    let words = words.map_or("", |(_, words)| words);
    Ok(match ours {
        Some(ours) if ours.contains(words) => Verdict::Right,
        ours => Verdict::Wrong(format!("the refusal is {ours:?}, because of {why:?}")),
    })
}

/// Why a client with the build `from` does not take a file, or cannot apply it.
fn refusal(folder: &Path, table: &Value, bytes: &[u8]) -> Result<Option<String>, Malformed> {
    let from = read(folder, "from.complete.mar")?;
    let from = Mar::read(&from).map_err(|error| error.to_string())?;
    let keys = keys(table)?;
    let built_in: Vec<&PublicKey> = keys
        .iter()
        .map(|(_, key)| key)
        .filter(|key| verify(&from, &[key]).is_ok_and(|all| all == [Signature::Valid(0)]))
        .collect();
    let channels: Vec<&str> = list(table, "accepted_mar_channel_ids")?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let client = Client {
        keys: &built_in,
        channels: &channels.join(","),
        version: text(table, "from_version")?,
    };
    if let Err(refusal) = accept(bytes, client) {
        return Ok(Some(refusal.to_string()));
    }
    let unpacked = |mar: &Mar<'_>| extract(mar, LIMIT).map_err(|defects| format!("{defects:?}"));
    // The build that the client has is what its own update makes of an empty folder. So are others: the
    // tables' lists of what a build brought name files that are only added where they are missing.
    let installed = install(&unpacked(&from)?, &Tree::new()).map_err(|error| error.to_string())?;
    let mar = Mar::read(bytes).map_err(|error| error.to_string())?;
    let update = unpacked(&mar)?;
    let manifest = update.get(Version::V3.entry()).ok_or("no manifest")?;
    let is_partial = manifest.content.starts_with(b"type \"partial\"");
    let before = if is_partial { installed } else { Tree::new() };
    let made = match install(&update, &before) {
        Ok(made) => described_tree(&made),
        Err(error) => return Ok(Some(error.to_string())),
    };
    let version = mar
        .product_info()
        .map_err(|error| error.to_string())?
        .version;
    let is_old = table["from_version"] == version.as_str();
    let expected = &table[if is_old { "from_tree" } else { "to_tree" }];
    Ok((made != *expected).then(|| format!("the update makes another tree: {made}")))
}

/// A tree as the table describes it.
fn described_tree(tree: &Tree) -> Value {
    let files = tree.iter().map(|(path, file)| {
        let mode = format!("0o{:o}", file.mode);
        (
            path.clone(),
            json!({"mode": mode, "sha256": sha256(&file.content)}),
        )
    });
    Value::Object(files.collect())
}
