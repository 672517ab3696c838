//! Checksums.

use serde_json::{Value, json};
use snowman::base::digest::hex;
use snowman::stage::checksums::algorithm::Algorithm;
use snowman::stage::checksums::file::{self, Sums};
use snowman::stage::checksums::merkle::{Tree, is_proven};

use super::row::{Malformed, Table, Verdict, list, mapping, number, text, texts};

pub const TABLES: &[Table] = &[
    Table::of_rows("beetmover-checksums-file.json", written_file),
    Table::of_rows("checksums-parse.json", parsed_file),
    Table::of_rows("release-SUMMARY-merkle.json", summary),
];

fn written_file(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let mut files = Vec::new();
        for (name, known) in mapping(row, "checksums")? {
            let hashes = mapping(row, "checksums")?[name]
                .as_object()
                .into_iter()
                .flatten();
            let hashes =
                hashes.filter_map(|(key, hash)| Some((key.clone(), hash.as_str()?.into())));
            let size = number(known, "size")?;
            let hashes = hashes.collect();
            files.push((name.as_str(), Sums { size, hashes }));
        }
        let ours = file::write(files.iter().map(|(name, sums)| (*name, sums)));
        let ours = ours.map_err(|error| error.to_string())?;
        Ok(Verdict::equal("text", &ours.into(), &row["file"]))
    })
}

fn parsed_file(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let parsed = file::parse(text(row, "text")?);
        let ours = parsed.map_err(|error| error.problem.production_message());
        let ours = ours.map(|files| {
            let files = files
                .into_iter()
                .map(|(name, sums)| (name, json!({"size": sums.size, "hashes": sums.hashes})));
            Value::Object(files.collect())
        });
        Ok(Verdict::answer("files", ours, &row["result"]))
    })
}

fn summary(row: &Value) -> Verdict {
    Verdict::of(row, |row| {
        let algorithm = text(row, "format")?;
        let algorithm = Algorithm::from_name(algorithm)
            .ok_or_else(|| format!("unknown algorithm {algorithm}"))?;
        let leaves = texts(row, "leaves")?;
        let leaves: Vec<&[u8]> = leaves.iter().map(|leaf| leaf.as_bytes()).collect();
        let tree = Tree::new(algorithm, &leaves).ok_or("no leaves")?;
        let mut verdicts = vec![Verdict::equal(
            "head",
            &hex(tree.head()).into(),
            &row["head"],
        )];
        let proofs = list(row, "proofs")?;
        let ours: Option<Vec<Vec<u8>>> = (0..leaves.len()).map(|leaf| tree.proof(leaf)).collect();
        let ours = ours.ok_or_else(|| Malformed::from("more leaves than proofs can count"))?;
        let written: Vec<String> = ours.iter().map(|proof| hex(proof)).collect();
        verdicts.push(Verdict::equal("proofs", &json!(written), &json!(proofs)));
        for (leaf, proof) in leaves.iter().zip(&ours) {
            let proven = is_proven(algorithm, leaf, proof, tree.head());
            verdicts.push(Verdict::equal("is proven", &proven.into(), &true.into()));
        }
        Ok(Verdict::all(verdicts))
    })
}
