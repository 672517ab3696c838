//! The update server: which updates clients are offered.
//!
//! Scheduled changes of rules and pins are made when their time has come. Where a rule offers an update to a part
//! of the clients only, the one that asks is among them, except with `force=-1`.

use super::http::{Body, Request, Response};
use crate::stage::balrog::answer::answer as offer;
use crate::stage::balrog::request::read;
use crate::stage::balrog::world::World;
use crate::stage::balrog_state::world::world as of_state;
use crate::stage::balrog_state::{PINS, SCHEDULED};
use crate::stage::merged::Merged;

/// What the server knows at a moment, in milliseconds since 1970.
#[must_use]
pub fn world(merged: &Merged, now: i64) -> World {
    of_state(merged, &|change| change.when <= now)
}

/// How many of the scheduled changes are made at a moment. As long as the number is the same, so is the
/// [`world`].
#[must_use]
pub fn changes_made(merged: &Merged, now: i64) -> usize {
    let changes = merged.space(SCHEDULED).chain(merged.space(PINS));
    let moments = changes.filter_map(|(_, entry)| entry.value["when"].as_i64());
    moments.filter(|when| *when <= now).count()
}

/// Whether a path belongs to the update server.
pub(super) fn is_update(path: &str) -> bool {
    path.starts_with("/update") || path.starts_with("/json/")
}

/// Answers a client.
pub(super) fn answer(world: &World, request: &Request<'_>) -> Response {
    let target = format!("{}?{}", request.raw_path, request.raw_query);
    let answer = offer(world, &read(&target, Some(request.user_agent)), 0);
    let mut headers = answer.headers();
    headers.push(("content-length", answer.body.len().to_string()));
    Response {
        status: answer.status,
        headers,
        body: Body::Text(answer.body),
    }
}
