//! Signing: what the signing worker accepts, and what it makes of it.
//!
//! 1. [`scopes`]: the task's scopes name exactly one certificate.
//! 2. [`formats`]: the formats of each file are put in order, and each has a method.
//! 3. [`fit`]: the file must have the type that the method is for, by its content ([`file_type`]) and by
//!    its name.
//! 4. [`channels`]: a certificate signs only certain MAR channel ids.
//! 5. [`work`]: MAR files, detached signatures, extensions and Android packages are really signed, with
//!    the worthless key of the certificate's name, and verified. Other formats need services of other
//!    companies, or hardware: there the file keeps its bytes, and the report says so.
//!
//! [`mac`] does the same for the worker with Apple's tools, whose payloads name a behavior instead.
//!
//! A file that another key has signed is refused ([`before`], [`existing`]), although the worker would sign over it or
//! leave it.

pub mod before;
pub mod channels;
pub mod existing;
pub mod file_type;
pub mod fit;
pub mod formats;
pub mod glob;
pub mod jar;
pub mod mac;
pub mod mac_archive;
pub mod members;
pub mod opened;
pub mod plist;
pub mod report;
pub mod scopes;
pub mod sign;
pub mod tar_names;
pub mod work;
pub mod xar;
pub mod zip;

#[cfg(test)]
mod tests;
