//! Tasks that change what the update server offers, and their defects.

pub mod given;
mod locale;
mod release;
mod schedule;
pub mod system_addons;
mod toplevel;
