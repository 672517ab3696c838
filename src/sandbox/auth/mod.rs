//! Clients, roles, scopes and signatures: who makes a request, and what the caller may do.

pub(super) mod credentials;
pub(super) mod hawk;
pub(super) mod identify;
pub(super) mod scopes;
