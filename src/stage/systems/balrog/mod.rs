//! The workers of the update server: releases with their locales, and the rules that offer them.
//!
//! What a task changes are the effects that [`crate::stage::balrog_state`] describes.

mod access;
mod files;
mod history;
pub mod hosts;
mod locale;
mod manifest;
mod pushed;
mod refused;
mod rules;
mod sample;
mod schedule;
mod system_addons;
mod toplevel;

pub use locale::submit_locale;
pub use schedule::{schedule, set_readonly};
pub use system_addons::submit_system_addons;
pub use toplevel::submit_toplevel;
