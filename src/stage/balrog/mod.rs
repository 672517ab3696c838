//! Balrog's public side: which update a client is offered.
//!
//! 1. A [`request`] is read into a [`query`]: product, version, build, platform, locale, channel and so on.
//! 2. Of the [`rule`]s of a [`world`] that match, the one with the highest priority names a release, perhaps
//!    another one for the clients that its background rate leaves out ([`evaluate`]). The number that decides
//!    is an argument: nothing here is random.
//! 3. The [`blob`] of the release says whether it is newer than what the client has, and which files it has
//!    for the client. Files on hosts that are not on the [`allowlist`] are left out.
//! 4. That is written as XML, or for the VPN as JSON ([`answer`]).
//!
//! [`signoffs`] says who has to agree to a change.
//!
//! Answers are those of Balrog, byte for byte. Where Balrog fails because its data are broken, the answer has
//! the same status 500, and says what is broken.

pub mod allowlist;
pub mod answer;
pub mod blob;
pub mod evaluate;
pub mod fault;
pub mod matching;
pub mod query;
pub mod request;
pub mod rule;
pub mod signoffs;
pub mod version;
pub mod world;

#[cfg(test)]
mod tests;
