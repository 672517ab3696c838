//! Error responses of the services, and errors of the sandbox itself.

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
    /// The body matches the schema but is invalid for another reason.
    InputError,
    /// The signature, the client or the certificate is wrong.
    AuthenticationFailed,
    /// The caller lacks scopes.
    InsufficientScopes,
    /// The resource does not exist.
    ResourceNotFound,
    /// The call conflicts with the current state.
    RequestConflict,
    /// The resource has expired.
    ResourceExpired,
    /// The service failed.
    InternalServerError,
}

impl ErrorCode {
    /// Returns the name used in error bodies.
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

    /// Returns the HTTP status of the code.
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

/// An error response of one of the sandbox's services.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct ServiceError {
    /// The error code.
    pub code: ErrorCode,
    /// The message, in the words of the real service.
    pub message: String,
}

impl ServiceError {
    /// Creates an error response.
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

/// Why the sandbox cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address can be reached from other machines.
    #[error("{0} is not a loopback address; the sandbox only serves this machine")]
    NotLoopback(SocketAddr),
    /// The sandbox cannot listen on the address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
    /// The state folder cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file in the state folder was not written by the sandbox.
    #[error("cannot load the state from {}: {problem}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with the file.
        problem: String,
    },
}
