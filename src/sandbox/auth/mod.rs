//! Clients, roles, scopes and signatures.

pub(super) mod credentials;
pub(super) mod hawk;
pub(super) mod identify;
pub(super) mod scopes;
