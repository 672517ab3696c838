//! Payloads of bouncerscript, which changes where download links lead.

use super::{BOTH, MAPPING, SOME_TEXTS, TaskShape, closed};
use crate::base::shape::{TEXT, required};

/// `submission`.
pub static SUBMISSION: TaskShape = closed(
    BOTH,
    &[
        required("locales", SOME_TEXTS),
        required("submission_entries", MAPPING),
    ],
);

/// `aliases`.
pub static ALIASES: TaskShape = closed(BOTH, &[required("aliases_entries", MAPPING)]);

/// `locations`.
pub static LOCATIONS: TaskShape = closed(
    BOTH,
    &[
        required("bouncer_products", SOME_TEXTS),
        required("version", TEXT),
        required("product", TEXT),
    ],
);
