//! Staging's formats, judged by other programs. `tests/tables` reads files that such programs made.
//!
//! A test without its judge prints what is missing and passes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and says where; a skipped one says so"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read variables to find programs and files"
)]

mod checksums;
mod genuine;
mod images;
mod judges;
mod makers;
mod mar;
mod openpgp;
mod partners;
mod serve;
mod signing;
mod squashfs;
