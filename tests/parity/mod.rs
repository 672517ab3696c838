//! Compares whole graphs with the peer's golden files in `goldens`, which `tests/parity/run
//! --update` writes.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a golden file or a project that cannot be read fails the test"
)]

mod bench;
mod fixtures;
mod graphs;
mod random;
mod stub;

use snowman::base::value::List;

/// taskgraph lists a dependency once for each of its names; docs/differences.md: each dependency
/// once.
fn list_once(listed: &mut List) {
    let mut once = listed.to_vec();
    once.dedup();
    *listed = once.into();
}
