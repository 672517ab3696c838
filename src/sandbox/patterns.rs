//! Patterns for identifiers, with the regular expressions that error messages quote.

use crate::base::shape::Pattern;

/// Task ids, task group ids and upload ids.
pub(crate) const SLUG: Pattern = Pattern {
    text: "^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$",
    matches: is_slug,
};
/// Provisioner ids, worker groups and worker ids in URLs.
pub(crate) const GENERIC_ID: Pattern = Pattern {
    text: "^[a-zA-Z0-9-_]{1,38}$",
    matches: |text| is_word(text, 38),
};
/// Scheduler ids, worker groups and worker ids in bodies; the length is checked separately.
pub(crate) const WORD: Pattern = Pattern {
    text: "^([a-zA-Z0-9-_]*)$",
    matches: |text| text.is_empty() || is_word(text, usize::MAX),
};
/// Run ids in URLs.
pub(crate) const RUN_ID: Pattern = Pattern {
    text: "^[1-9]*[0-9]+$",
    matches: is_run_id,
};
/// Worker types.
pub(crate) const WORKER_TYPE: Pattern = Pattern {
    text: "^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$",
    matches: is_worker_type,
};
/// Task queue ids.
pub(crate) const TASK_QUEUE_ID: Pattern = Pattern {
    text: "^[a-zA-Z0-9-_]{1,38}/[a-z]([-a-z0-9]{0,36}[a-z0-9])?$",
    matches: is_task_queue_id,
};
/// Project ids; the length is checked separately.
pub(crate) const PROJECT_ID: Pattern = Pattern {
    text: "^([a-zA-Z0-9._/-]*)$",
    matches: |text| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
    },
};
/// Scopes.
pub(crate) const SCOPE: Pattern = Pattern {
    text: "^[ -~]*$",
    matches: |text| text.bytes().all(|b| (b' '..=b'~').contains(&b)),
};
/// Artifact names.
pub(crate) const ARTIFACT_NAME: Pattern = Pattern {
    text: "^[\\x20-\\x7e]+$",
    matches: is_artifact_name,
};
/// A task's `metadata.source`.
pub(crate) const SOURCE: Pattern = Pattern {
    text: "^(https?://|ssh://|git@)",
    matches: |text| {
        ["http://", "https://", "ssh://", "git@"]
            .iter()
            .any(|start| text.starts_with(start))
    },
};
/// Index paths and namespaces.
pub(crate) const INDEX_PATH: Pattern = Pattern {
    text: "^([a-zA-Z0-9_!~*'()%-]+\\.)*[a-zA-Z0-9_!~*'()%-]+$",
    matches: is_index_path,
};

/// The priorities, highest first.
pub(crate) const PRIORITIES: &[&str] = &[
    "highest",
    "very-high",
    "high",
    "medium",
    "low",
    "very-low",
    "lowest",
];

/// Returns whether a string is the slugid of a v4 UUID.
pub(crate) fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 22
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-')
        && matches!(bytes.get(8), Some(b'Q'..=b'T'))
        && bytes
            .get(10)
            .is_some_and(|b| b"CGKOSWaeimquy26-".contains(b))
        && bytes.get(21).is_some_and(|b| b"AQgw".contains(b))
}

fn is_word(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_run_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_worker_type(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=38).contains(&text.len())
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().last().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || b == b'-')
}

fn is_task_queue_id(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(provisioner, worker_type)| {
            is_word(provisioner, 38) && is_worker_type(worker_type)
        })
}

fn is_artifact_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

fn is_index_path(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_!~*'()%-".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_queue_ids() {
        let good = (TASK_QUEUE_ID.matches)("gecko-1/b-linux");
        assert!(good);
        for bad in [
            "gecko-1",
            "gecko-1/",
            "gecko-1/B",
            "gecko-1/b-",
            "/b",
            "a/b/c",
            "gecko 1/b",
        ] {
            assert!(!(TASK_QUEUE_ID.matches)(bad), "{bad}");
        }
        let longest = format!("{}/a{}", "p".repeat(38), "b".repeat(37));
        assert!((TASK_QUEUE_ID.matches)(&longest));
        assert!(!(TASK_QUEUE_ID.matches)(&format!("{longest}b")));
    }

    #[test]
    fn slugs() {
        assert!(is_slug("fN1SbArXTPSVFNUvaOlinQ"));
        assert!(!is_slug("fN1SbArXTPSVFNUvaOlin"));
        assert!(!is_slug("fN1SbArXAPSVFNUvaOlinQ"));
    }

    #[test]
    fn index_paths() {
        assert!((INDEX_PATH.matches)("gecko.v2.try.latest"));
        for bad in ["", ".", "a..b", "a/b", "a.", "ä"] {
            assert!(!(INDEX_PATH.matches)(bad), "{bad}");
        }
    }
}
