//! History from what production publishes: rules and releases of the update server, hashes of the archive.
//!
//! 1. The rules of a product are read from Balrog's public API, and those kept that concern some channels.
//! 2. The releases that these offer, and others that are named, are read as well ([`balrog`]).
//! 3. Of each that is in the archive, `SHA512SUMS` says which files it has, the release on the update server how large
//!    its updates are, and a small file the build id of each platform ([`archive`]). Nothing large is read.
//! 4. The update server is asked for some builds. What it answers has to follow from what was read ([`answers`]).
//!
//! [`mod@read`] says how addresses are read; [`name`] reads the names of releases; [`mod@collect`] puts it together.
//! All of it is untrusted: each answer has a limit, names are checked before they become part of an address or a path.
//! What cannot be read or has another form is an error; what is missing or contradicts itself is noted.

pub mod answers;
pub mod archive;
pub mod balrog;
pub mod collect;
pub mod name;
pub mod read;
