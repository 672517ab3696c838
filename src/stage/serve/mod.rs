//! A release over HTTP, from the states of its tasks: what the servers of production would answer.
//!
//! - `/pub/…`: the files of the archive and its folders ([`archive`]);
//! - `/?product=…&os=…&lang=…`: where a download link leads, as the server of links answers ([`links`]);
//! - `/?list-type=2&prefix=…`: lists of its keys, as the storage behind the archive gives them ([`bucket`]);
//! - `/update/…` and `/json/…`: which updates clients are offered ([`updates`]);
//! - `/`: what is there.
//!
//! An answer depends on the state and the request alone. The content of a file is that of the artifact that the
//! state names; the caller reads it, and must refuse content with another hash.

mod archive;
mod bucket;
mod http;
mod links;
mod range;
pub mod updates;

pub use self::http::{Body, File, Request, Response};
pub use self::range::Range;
use super::archive::SPACE;
use super::balrog::world::World;
use super::merged::Merged;
use crate::base::text::{escape_html, plural};

/// Answers a request. `world` is what the update server knows at the moment ([`updates::world`]).
#[must_use]
pub fn answer(merged: &Merged, world: &World, request: Request<'_>) -> Response {
    if !["GET", "HEAD"].contains(&request.method) {
        let text = "a staged release can only be read\n".to_owned();
        return Response::text(405, "text/plain; charset=utf-8", text).with("allow", "GET, HEAD");
    }
    if links::is_link(&request) {
        return links::answer(merged, &request);
    }
    if bucket::is_list(&request) {
        return bucket::list(merged, &request);
    }
    match request.path {
        "/" => overview(merged, world),
        path if updates::is_update(path) => updates::answer(world, &request),
        path if path.starts_with("/pub") => archive::answer(merged, path, request.range),
        path => Response::html(404, "Not found", &format!("<p>{}</p>\n", escape_html(path))),
    }
}

/// What is there.
fn overview(merged: &Merged, world: &World) -> Response {
    let files = merged.space(SPACE).count();
    let files = plural(files, "file");
    let (rules, releases) = (
        plural(world.rules.len(), "rule"),
        plural(world.releases.len(), "release"),
    );
    let mut body = format!(
        "<ul>\n<li><a href=\"/pub/\">The archive</a>: {files}</li>\n\
         <li>Updates at <code>/update/…</code>: {rules}, {releases}</li>\n</ul>\n"
    );
    body.push_str(&links::overview(merged));
    Response::html(200, "A staged release", &body)
}
