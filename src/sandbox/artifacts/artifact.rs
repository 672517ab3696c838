//! Artifacts as the queue records them.

use serde_json::{Map, Value, json};

use crate::sandbox::time::{self, Moment};

/// Where the content of an artifact is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Storage {
    /// In a bucket, uploaded by `PUT` to a signed URL.
    S3,
    /// In the object service.
    Object {
        /// The id of the upload.
        upload_id: String,
    },
    /// At a URL.
    Reference {
        /// The URL.
        url: String,
    },
    /// In another artifact of the same run.
    Link {
        /// The name of that artifact.
        artifact: String,
    },
    /// Nowhere, because the worker could not create it.
    Error {
        /// The reason.
        reason: String,
        /// The message.
        message: String,
    },
}

impl Storage {
    /// Returns the name of the storage type.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Storage::S3 => "s3",
            Storage::Object { .. } => "object",
            Storage::Reference { .. } => "reference",
            Storage::Link { .. } => "link",
            Storage::Error { .. } => "error",
        }
    }
}

/// An artifact of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Artifact {
    pub(crate) storage: Storage,
    pub(crate) content_type: String,
    pub(crate) content_length: Option<u64>,
    pub(crate) expires: Moment,
    /// Whether it can be read: an object only after its upload is finished.
    pub(crate) present: bool,
}

impl Artifact {
    /// Returns the artifact as JSON for responses.
    pub(crate) fn json(&self, name: &str) -> Value {
        let mut out = json!({
            "storageType": self.storage.name(),
            "name": name,
            "expires": time::format(self.expires),
            "contentType": self.content_type,
        });
        if let (Some(length), Some(fields)) = (self.content_length, out.as_object_mut()) {
            fields.insert("contentLength".to_owned(), length.into());
        }
        out
    }

    /// Returns the whole artifact as JSON for the store.
    pub(crate) fn to_stored(&self) -> Value {
        let details = match &self.storage {
            Storage::S3 => json!({}),
            Storage::Object { upload_id } => json!({"uploadId": upload_id}),
            Storage::Reference { url } => json!({"url": url}),
            Storage::Link { artifact } => json!({"artifact": artifact}),
            Storage::Error { reason, message } => json!({"reason": reason, "message": message}),
        };
        json!({
            "storageType": self.storage.name(),
            "contentType": self.content_type,
            "contentLength": self.content_length,
            "expires": time::format(self.expires),
            "present": self.present,
            "details": details,
        })
    }

    /// Reads an artifact from [`Artifact::to_stored`].
    pub(crate) fn from_stored(value: &Value) -> Option<Artifact> {
        let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Artifact {
            storage: parse_storage(
                &text(value, "storageType")?,
                value.get("details")?.as_object()?,
            )?,
            content_type: text(value, "contentType")?,
            content_length: value.get("contentLength").and_then(Value::as_u64),
            expires: time::parse(&text(value, "expires")?)?,
            present: value.get("present")?.as_bool()?,
        })
    }

    /// Returns whether a second `createArtifact` may replace this artifact: it must be equal except
    /// for the changes that the queue allows.
    pub(crate) fn can_become(&self, later: &Artifact) -> bool {
        let link = matches!(later.storage, Storage::Link { .. });
        let reference = matches!(self.storage, Storage::Reference { .. });
        let to_reference = matches!(later.storage, Storage::Reference { .. });
        (link || self.content_type == later.content_type)
            && self.expires <= later.expires
            && match self.storage.name() == later.storage.name() {
                true => to_reference || self.storage == later.storage,
                false => reference && link,
            }
    }
}

/// Reads the storage from a body of `createArtifact` or from stored details.
pub(crate) fn parse_storage(kind: &str, details: &Map<String, Value>) -> Option<Storage> {
    let text = |name: &str| details.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(match kind {
        "s3" => Storage::S3,
        "object" => Storage::Object {
            upload_id: text("uploadId").unwrap_or_default(),
        },
        "reference" => Storage::Reference { url: text("url")? },
        "link" => Storage::Link {
            artifact: text("artifact")?,
        },
        "error" => Storage::Error {
            reason: text("reason")?,
            message: text("message")?,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(storage: Storage, content_type: &str, day: u32) -> Artifact {
        Artifact {
            storage,
            content_type: content_type.to_owned(),
            content_length: None,
            expires: time::parse(&format!("2026-03-{day:02}T00:00:00Z")).unwrap(),
            present: true,
        }
    }

    #[test]
    fn some_artifacts_may_be_replaced() {
        let s3 = artifact(Storage::S3, "text/plain", 2);
        let reference = |url: &str| {
            artifact(
                Storage::Reference {
                    url: url.to_owned(),
                },
                "text/plain",
                2,
            )
        };
        let link = artifact(
            Storage::Link {
                artifact: "b".to_owned(),
            },
            "other",
            2,
        );
        assert!(s3.can_become(&s3));
        assert!(s3.can_become(&artifact(Storage::S3, "text/plain", 3)));
        assert!(!s3.can_become(&artifact(Storage::S3, "text/plain", 1)));
        assert!(!s3.can_become(&artifact(Storage::S3, "text/html", 2)));
        assert!(!s3.can_become(&reference("https://a")));
        assert!(reference("https://a").can_become(&reference("https://b")));
        assert!(reference("https://a").can_become(&link));
        assert!(!link.can_become(&reference("https://a")));
    }

    #[test]
    fn stored_artifacts_are_loaded_again() {
        for storage in [
            Storage::S3,
            Storage::Object {
                upload_id: "u".to_owned(),
            },
            Storage::Reference {
                url: "https://a".to_owned(),
            },
            Storage::Link {
                artifact: "b".to_owned(),
            },
            Storage::Error {
                reason: "r".to_owned(),
                message: "m".to_owned(),
            },
        ] {
            let before = artifact(storage, "text/plain", 2);
            assert_eq!(Artifact::from_stored(&before.to_stored()), Some(before));
        }
    }
}
