//! Payloads of shipitscript, which changes releases in Ship It.

use super::{INTEGER, Needs, SOME_TEXTS, TaskShape, closed, text};
use crate::base::shape::required;

/// A scope for the server and one for the action are needed.
const TWO_SCOPES: Needs = Needs {
    scopes: Some(2),
    dependencies: true,
};

/// `mark-as-shipped`.
pub static MARK_AS_SHIPPED: TaskShape = closed(TWO_SCOPES, &[text("release_name")]);

/// `create-new-release`.
pub static CREATE_NEW_RELEASE: TaskShape = closed(
    TWO_SCOPES,
    &[
        text("product"),
        text("branch"),
        text("phase"),
        text("version"),
        text("cron_revision"),
    ],
);

/// `update-product-channel-version`.
pub static UPDATE_CHANNEL_VERSION: TaskShape = closed(
    TWO_SCOPES,
    &[text("product"), text("channel"), text("version")],
);

/// `create-new-nightly-release`.
pub static CREATE_NEW_NIGHTLY: TaskShape = closed(
    TWO_SCOPES,
    &[
        text("product"),
        text("channel"),
        text("buildid"),
        text("version"),
        required("locales", SOME_TEXTS),
    ],
);

/// `mark-as-merged`.
pub static MARK_AS_MERGED: TaskShape = closed(TWO_SCOPES, &[required("automation_id", INTEGER)]);
