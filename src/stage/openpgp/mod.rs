//! Detached OpenPGP signatures of version 4, made with RSA keys, and the public keys for them.
//!
//! Only this is needed: lists of checksums and packages are signed in this form. The data are packets
//! ([`packet`]) in text ([`armor`]); RFC 9580 describes them. [`sign`] writes and [`verify`] checks;
//! both take times as arguments, so the same input gives the same bytes.

pub mod armor;
pub mod error;
pub mod key;
pub mod packet;
pub mod sign;
pub mod signature;
pub mod verify;

pub use error::PgpError;
pub use key::VerifyingKey;
pub use sign::SigningKey;
pub use verify::{Outcome, verify};

#[cfg(test)]
mod tests;
