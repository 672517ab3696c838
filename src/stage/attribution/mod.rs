//! Attribution: a code in an installer that says where an installation comes from.
//!
//! - [`code`]: what a code may be;
//! - [`program`]: the place for the code in a signed program for Windows.

pub mod code;
pub mod program;
