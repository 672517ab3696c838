//! Clients, roles, scopes and signatures.

pub(super) mod credentials;
pub(super) mod hawk;
pub(super) mod identify;
pub(super) mod role_order;
pub(super) mod scopes;
