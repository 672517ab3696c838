//! Payloads of shipitscript, which changes releases in Ship It.

use super::{INTEGER, Needs, SOME_TEXTS, TaskShape, closed};
use crate::base::shape::{TEXT, required};

/// A scope for the server and one for the action are needed.
const TWO_SCOPES: Needs = Needs {
    scopes: Some(2),
    dependencies: true,
};

/// `mark-as-shipped`.
pub static MARK_AS_SHIPPED: TaskShape = closed(TWO_SCOPES, &[required("release_name", TEXT)]);

/// `create-new-release`.
pub static CREATE_NEW_RELEASE: TaskShape = closed(
    TWO_SCOPES,
    &[
        required("product", TEXT),
        required("branch", TEXT),
        required("phase", TEXT),
        required("version", TEXT),
        required("cron_revision", TEXT),
    ],
);

/// `update-product-channel-version`.
pub static UPDATE_CHANNEL_VERSION: TaskShape = closed(
    TWO_SCOPES,
    &[
        required("product", TEXT),
        required("channel", TEXT),
        required("version", TEXT),
    ],
);

/// `create-new-nightly-release`.
pub static CREATE_NEW_NIGHTLY: TaskShape = closed(
    TWO_SCOPES,
    &[
        required("product", TEXT),
        required("channel", TEXT),
        required("buildid", TEXT),
        required("version", TEXT),
        required("locales", SOME_TEXTS),
    ],
);

/// `mark-as-merged`.
pub static MARK_AS_MERGED: TaskShape = closed(TWO_SCOPES, &[required("automation_id", INTEGER)]);
