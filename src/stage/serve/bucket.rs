//! Lists of the archive's keys, as the storage behind it gives them (S3's ListObjects, versions 1 and 2).

use std::collections::BTreeSet;

use super::archive::etag;
use super::http::{Request, Response};
use crate::base::text::escape_html;
use crate::stage::archive::SPACE;
use crate::stage::merged::Merged;

/// The most keys of an answer.
const MOST: usize = 1000;

/// The date of every key: states have none.
const DATE: &str = "1970-01-01T00:00:00.000Z";

/// Whether a request asks for a list.
pub fn is_list(request: &Request<'_>) -> bool {
    let asks = |name: &&str| request.parameter(name).is_some();
    request.path == "/"
        && ["list-type", "prefix", "delimiter", "marker"]
            .iter()
            .any(asks)
}

/// Lists keys. Those after the last one of an answer are listed by the next request.
pub fn list(merged: &Merged, request: &Request<'_>) -> Response {
    let parameter = |name: &str| request.parameter(name).unwrap_or_default();
    let second = parameter("list-type") == "2";
    let (prefix, delimiter) = (parameter("prefix"), parameter("delimiter"));
    let most = request.parameter("max-keys").map(str::parse);
    let most = match most {
        None => MOST,
        Some(Ok(most)) => MOST.min(most),
        Some(Err(_)) => return invalid("max-keys is not a number"),
    };
    let after = match (second, request.parameter("continuation-token")) {
        (true, Some(token)) => token,
        (true, None) => parameter("start-after"),
        (false, _) => parameter("marker"),
    };
    let mut keys = String::new();
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    let (mut count, mut last, mut is_truncated) = (0, "", false);
    for (key, entry) in merged.starting_with(SPACE, prefix) {
        let rest = key.get(prefix.len()..).unwrap_or_default();
        let folder = rest.find(delimiter).filter(|_| !delimiter.is_empty());
        let folder = folder.and_then(|at| key.get(..prefix.len() + at + delimiter.len()));
        let name = folder.unwrap_or(key);
        if name <= after || folder.is_some_and(|folder| folders.contains(folder)) {
            continue;
        }
        if count == most {
            // There is no page after one that may have no keys: it would not get any further.
            is_truncated = most > 0;
            break;
        }
        (count, last) = (count + 1, name);
        match folder {
            Some(folder) => {
                folders.insert(folder);
            }
            None => keys.push_str(&format!(
                "<Contents><Key>{}</Key><LastModified>{DATE}</LastModified><ETag>{}</ETag><Size>{}</Size>\
                 <StorageClass>STANDARD</StorageClass></Contents>",
                escape_html(key),
                escape_html(&etag(&entry.value)),
                entry.value["size"].as_u64().unwrap_or_default()
            )),
        }
    }
    let folders = folders.iter().map(|folder| {
        let folder = escape_html(folder);
        format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>")
    });
    let folders: String = folders.collect();
    let next = match (is_truncated, second) {
        (false, _) => String::new(),
        (true, true) => format!(
            "<NextContinuationToken>{}</NextContinuationToken>",
            escape_html(last)
        ),
        (true, false) => format!("<NextMarker>{}</NextMarker>", escape_html(last)),
    };
    let (prefix, delimiter) = (escape_html(prefix), escape_html(delimiter));
    let key_count = match second {
        true => format!("<KeyCount>{count}</KeyCount>"),
        false => String::new(),
    };
    xml(
        200,
        &format!(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>archive</Name>\
             <Prefix>{prefix}</Prefix>{key_count}<MaxKeys>{most}</MaxKeys><Delimiter>{delimiter}</Delimiter>\
             <IsTruncated>{is_truncated}</IsTruncated>{next}{keys}{folders}</ListBucketResult>"
        ),
    )
}

fn invalid(message: &str) -> Response {
    let text = format!("<Error><Code>InvalidArgument</Code><Message>{message}</Message></Error>");
    xml(400, &text)
}

fn xml(status: u16, text: &str) -> Response {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}");
    Response::text(status, "application/xml", text)
}
