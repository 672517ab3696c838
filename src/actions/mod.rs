//! Actions: what people trigger on a graph that exists.
//!
//! [`ACTIONS`] is the table of all of them. A decision renders it as `actions.json`
//! ([`render::actions_json`]). An action task calls back ([`callback::run`]), which runs one
//! function per action.
//!
//! An action and its call ([`action`]) and the request of an action task ([`request`]) are below
//! the actions, the table is above them.

pub mod action;
mod add;
mod backfill;
pub mod callback;
mod cancel;
mod create;
pub mod custom;
pub mod existing;
mod interactive;
pub mod plan;
mod project_callback;
mod promotion;
pub mod proposal;
mod purge;
pub mod render;
pub mod request;
mod rerun;
mod retrigger;
mod table;

pub use action::Action;
pub use promotion::recorded;
pub use table::{ACTIONS, find};
