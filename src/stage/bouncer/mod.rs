//! Bouncer: where download links lead.
//!
//! A *product* is the name in a link, such as `Firefox-94.0-SSL`. For each operating system it has the path
//! of a file below `pub` of the archive, in which `:lang` stands for a locale. An *alias*, such as
//! `firefox-latest-ssl`, leads to a product.
//!
//! - [`product`]: the names of products;
//! - [`paths`]: which paths a product may have;
//! - [`aliases`]: which product an alias may lead to;
//! - [`nightly`]: the products of nightly builds, whose paths change with each version;
//! - [`links`]: whether paths are files of the archive;
//! - [`server`]: what the server answers to requests, with [`clients`] that need another product than
//!   they ask for, and [`form`]: fields in the query of a URL;
//! - [`database`]: its products and aliases at some point of a staged release.

pub mod aliases;
pub mod clients;
pub mod database;
pub mod form;
pub mod links;
pub mod nightly;
pub mod paths;
pub mod product;
pub mod server;
