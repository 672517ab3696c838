//! Ship It: releases that are shipped or created, and the versions of channels.
//!
//! | space | key | value |
//! |---|---|---|
//! | `ship-it-release` | the name of the release | its [record](crate::stage::ship_it::record) |
//! | `ship-it-channel` | `PRODUCT/CHANNEL` | `version` |
//! | `ship-it-nightly` | `PRODUCT/CHANNEL/BUILD-ID` | `version` and `locales` |
//! | `ship-it-merge` | the number of the merge | `status` |

mod entries;
mod release;

pub use entries::{create_nightly, mark_as_merged, update_channel_version};
pub use release::{create_release, mark_as_shipped};
