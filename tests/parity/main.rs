//! Holds whole graphs against those of the peer, without a peer: the files in `goldens`, which
//! `tests/parity/run --update` has written.

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
