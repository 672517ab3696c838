//! The methods of the services, in one table each, and what all tables share.
//!
//! `endpoint` says what a method is and what it is given, `schema` and `request_schemas` check
//! request bodies, and `paging` cuts long lists into pages.

pub(super) mod artifacts;
pub(super) mod auth;
pub(super) mod claims;
pub(super) mod endpoint;
pub(super) mod health;
pub(super) mod index;
pub(super) mod objects;
mod paging;
pub(super) mod purge_cache;
pub(super) mod request_schemas;
mod schema;
pub(super) mod tasks;
