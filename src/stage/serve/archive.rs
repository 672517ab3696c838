//! The archive: files and folders.

use std::collections::BTreeMap;

use super::http::{Body, File, Response};
use super::range::{Range, Wanted, wanted};
use crate::base::text::{escape_html, plural};
use crate::base::value::Value;
use crate::stage::archive::SPACE;
use crate::stage::merged::Merged;

/// How long the answers may be kept, as production says.
const CACHE: &str = "public, max-age=14400";

/// Answers a request for a path of the archive.
pub fn answer(merged: &Merged, path: &str, range: Option<&str>) -> Response {
    let key = path.trim_start_matches('/');
    if let Some(entry) = merged.get(SPACE, key) {
        return file(&entry.value, range);
    }
    let folder = format!("{}/", key.trim_end_matches('/'));
    let children = children(merged, &folder);
    match (children.is_empty(), key.ends_with('/')) {
        (true, _) => {
            let text = format!("<p>{} is not in the archive.</p>\n", escape_html(path));
            Response::html(404, "Not found", &text)
        }
        (false, false) => Response::redirect(301, format!("/{}", encoded(&folder))),
        (false, true) => list(&folder, &children),
    }
}

/// A file, or the part of it that is asked for.
fn file(value: &Value, range: Option<&str>) -> Response {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let size = value["size"].as_u64().unwrap_or_default();
    let sha512 = text(&value["sha512"]);
    let (status, bytes) = match wanted(range, size) {
        Wanted::Whole => (
            200,
            Range {
                start: 0,
                end: size,
            },
        ),
        Wanted::Part(bytes) => (206, bytes),
        Wanted::Nothing => {
            let text = "the file has no such bytes\n".to_owned();
            let response = Response::text(416, "text/plain; charset=utf-8", text);
            return response.with("content-range", format!("bytes */{size}"));
        }
    };
    let media_type = value["type"].as_str().unwrap_or("application/octet-stream");
    let mut headers = vec![
        ("content-type", media_type.to_owned()),
        ("content-length", (bytes.end - bytes.start).to_string()),
        ("accept-ranges", "bytes".to_owned()),
        ("cache-control", CACHE.to_owned()),
        ("etag", etag(value)),
    ];
    if status == 206 {
        let last = bytes.end - 1;
        let start = bytes.start;
        headers.push(("content-range", format!("bytes {start}-{last}/{size}")));
    }
    Response {
        status,
        headers,
        body: Body::File(File {
            task: text(&value["content"]["taskId"]),
            artifact: text(&value["content"]["artifact"]),
            sha512,
            bytes,
        }),
    }
}

/// The tag of a file: it changes with its content.
pub fn etag(value: &Value) -> String {
    format!("\"{}\"", value["sha256"].as_str().unwrap_or_default())
}

/// What is directly in a folder: sizes of files by name, `None` for a folder.
fn children<'m>(merged: &'m Merged, folder: &'m str) -> BTreeMap<&'m str, Option<u64>> {
    let mut children = BTreeMap::new();
    for (path, entry) in merged.starting_with(SPACE, folder) {
        let rest = path.get(folder.len()..).unwrap_or_default();
        match rest.split_once('/') {
            Some((name, _)) => children.insert(name, None),
            None => children.insert(rest, Some(entry.value["size"].as_u64().unwrap_or_default())),
        };
    }
    children
}

/// The page of a folder.
fn list(folder: &str, children: &BTreeMap<&str, Option<u64>>) -> Response {
    let mut rows =
        String::from("<tr><td>folder</td><td><a href=\"../\">..</a></td><td></td></tr>\n");
    for (name, size) in children {
        let (sort, slash, bytes) = match size {
            Some(size) => ("file", "", plural(*size, "byte")),
            None => ("folder", "/", String::new()),
        };
        let href = escape_html(&format!("/{}{slash}", encoded(&format!("{folder}{name}"))));
        let name = escape_html(&format!("{name}{slash}"));
        rows.push_str(&format!(
            "<tr><td>{sort}</td><td><a href=\"{href}\">{name}</a></td><td>{bytes}</td></tr>\n"
        ));
    }
    Response::html(
        200,
        &format!("/{folder}"),
        &format!("<table>\n{rows}</table>\n"),
    )
}

/// A path as it is written in addresses.
pub fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'+' => {
                text.push(char::from(byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}
