//! Why a call to Taskcluster failed, in classes.

use crate::base::diagnostic::{Class, Diagnostic};

/// A call to Taskcluster that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {}{message}", status.map(|s| format!("HTTP {s}: ")).unwrap_or_default())]
pub struct ApiError {
    /// The call, e.g. `queue.createTask(fN1SbArXTPSVFUUvaOlinQ)`.
    pub call: String,
    /// The HTTP status; `None` if no response arrived.
    pub status: Option<u16>,
    /// The server's message, without the echoed request.
    pub message: String,
}

impl ApiError {
    /// Returns the status and the message, without the call.
    #[must_use]
    pub fn answer(&self) -> String {
        match self.status {
            Some(status) => format!("HTTP {status}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// Whether the service answered that the resource does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status == Some(404)
    }

    /// Whether the resource does not exist, or its name is not one that the service accepts.
    ///
    /// Local runs use made-up taskIds, which the queue rejects as malformed.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self.status, Some(400 | 404))
    }

    /// Whether the credentials were rejected.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status == Some(401)
    }

    /// Whether the caller lacks scopes.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status == Some(403)
    }

    /// Whether the call conflicts with the state of the resource, e.g. a taskId that is taken.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.status == Some(409)
    }

    /// Whether the same call may succeed later: the server failed or did not respond.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.status.is_none_or(|status| status >= 500)
    }

    /// Whether the server rejected the clock of this machine: in the signature, or in the `created`
    /// of a task.
    #[must_use]
    pub fn is_clock_skew(&self) -> bool {
        match self.status {
            Some(400) => self.message.contains("created") && self.message.contains("drift"),
            Some(401) => self.message.contains("Stale timestamp"),
            _ => false,
        }
    }

    /// Returns who has to act: the user if the request itself was refused, the environment if the
    /// same request could succeed with other credentials, another clock, or at another time.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.status {
            _ if self.is_clock_skew() => Class::Environment,
            // Rejected credentials, a timeout, a conflict, an artifact that records an error of its
            // worker, too many requests.
            Some(401 | 408 | 409 | 424 | 429) => Class::Environment,
            Some(400..500) => Class::User,
            _ => Class::Environment,
        }
    }

    /// Makes a diagnostic of the error's [class](Self::class); `what` names what failed.
    pub fn diagnostic(&self, what: impl Into<String>) -> Diagnostic {
        let mut diagnostic = Diagnostic::environment(what).because(self.answer());
        diagnostic.class = self.class();
        diagnostic.help = self.help().map(str::to_owned);
        diagnostic
    }

    /// Makes a diagnostic of the environment, regardless of the status: the call contains nothing that
    /// the user wrote.
    pub fn environment(&self, what: impl Into<String>) -> Diagnostic {
        let mut diagnostic = Diagnostic::environment(what).because(self);
        diagnostic.help = self.help().map(str::to_owned);
        diagnostic
    }

    /// Returns the help that follows from the status alone.
    fn help(&self) -> Option<&'static str> {
        match self.status {
            Some(401) => Some(
                "check that the clock of this machine is right, and that TASKCLUSTER_CLIENT_ID and \
                 TASKCLUSTER_ACCESS_TOKEN belong together and have not expired",
            ),
            Some(403) => Some("check the credentials and their scopes"),
            _ if self.class() == Class::User => None,
            _ => Some("try again when Taskcluster is available again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: Option<u16>, message: &str) -> ApiError {
        ApiError {
            call: "queue.task(X)".to_owned(),
            status,
            message: message.to_owned(),
        }
    }

    #[test]
    fn the_status_decides_the_class() {
        for (status, class) in [
            (Some(400), Class::User),
            (Some(401), Class::Environment),
            (Some(403), Class::User),
            (Some(404), Class::User),
            (Some(409), Class::Environment),
            (Some(410), Class::User),
            (Some(413), Class::User),
            (Some(424), Class::Environment),
            (Some(303), Class::Environment),
            (Some(500), Class::Environment),
            (None, Class::Environment),
        ] {
            assert_eq!(error(status, "no").class(), class, "{status:?}");
        }
        let skew = error(Some(400), "`created` drifted too far");
        assert_eq!(skew.class(), Class::Environment);
    }

    #[test]
    fn diagnostics_contain_the_response_and_a_hint() {
        let refused = error(Some(404), "no such task").diagnostic("cannot read the task X");
        assert_eq!(
            refused.to_string(),
            "cannot read the task X\n  cause: HTTP 404: no such task"
        );
        let failed = error(None, "no connection").environment("cannot read the task X");
        assert_eq!(
            failed.to_string(),
            "cannot read the task X\n  cause: queue.task(X): no connection\n  help: try again when \
             Taskcluster is available again"
        );
    }
}
