//! What goes wrong: an answer of the service to its caller, or the sandbox itself failing to run.

use std::net::SocketAddr;
use std::path::PathBuf;

/// The error codes of Taskcluster's services, each with its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The body is not JSON.
    MalformedPayload,
    /// A URL parameter or query option is wrong.
    InvalidRequestArguments,
    /// The body does not satisfy the method's schema.
    InputValidationError,
    /// The body satisfies the schema, and is wrong all the same.
    InputError,
    /// The signature, the client or the certificate is wrong.
    AuthenticationFailed,
    /// The caller lacks scopes.
    InsufficientScopes,
    /// There is no such thing.
    ResourceNotFound,
    /// The call contradicts what exists.
    RequestConflict,
    /// There was such a thing, and it has expired.
    ResourceExpired,
    /// The service failed.
    InternalServerError,
}

impl ErrorCode {
    /// The name used in error bodies.
    pub fn name(self) -> &'static str {
        match self {
            ErrorCode::MalformedPayload => "MalformedPayload",
            ErrorCode::InvalidRequestArguments => "InvalidRequestArguments",
            ErrorCode::InputValidationError => "InputValidationError",
            ErrorCode::InputError => "InputError",
            ErrorCode::AuthenticationFailed => "AuthenticationFailed",
            ErrorCode::InsufficientScopes => "InsufficientScopes",
            ErrorCode::ResourceNotFound => "ResourceNotFound",
            ErrorCode::RequestConflict => "RequestConflict",
            ErrorCode::ResourceExpired => "ResourceExpired",
            ErrorCode::InternalServerError => "InternalServerError",
        }
    }

    /// The HTTP status that goes with the code.
    pub fn status(self) -> u16 {
        match self {
            ErrorCode::MalformedPayload
            | ErrorCode::InvalidRequestArguments
            | ErrorCode::InputValidationError
            | ErrorCode::InputError => 400,
            ErrorCode::AuthenticationFailed => 401,
            ErrorCode::InsufficientScopes => 403,
            ErrorCode::ResourceNotFound => 404,
            ErrorCode::RequestConflict => 409,
            ErrorCode::ResourceExpired => 410,
            ErrorCode::InternalServerError => 500,
        }
    }
}

/// A error_response by one of the sandbox's services.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct ServiceError {
    /// The kind of error_response.
    pub code: ErrorCode,
    /// The explanation, as the real service words it.
    pub message: String,
}

impl ServiceError {
    /// Makes a error_response.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> ServiceError {
        ServiceError {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn input(message: impl Into<String>) -> ServiceError {
        ServiceError::new(ErrorCode::InputError, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> ServiceError {
        ServiceError::new(ErrorCode::ResourceNotFound, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> ServiceError {
        ServiceError::new(ErrorCode::RequestConflict, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> ServiceError {
        ServiceError::new(ErrorCode::InternalServerError, message)
    }
}

/// Why the sandbox could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address would be reachable from other machines.
    #[error("the sandbox listens on loopback only, and {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// The port is taken or forbidden.
    #[error("listening on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder with the kept state cannot be read or written.
    #[error("keeping state in {}", path.display())]
    Folder {
        /// The file or folder concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file in the folder is not what the sandbox wrote.
    #[error("reading kept state from {}: {problem}", path.display())]
    Corrupt {
        /// The file concerned.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}
