//! The style of all pages for people: those of the sandbox, of staged tasks and of whole releases.

/// Colours, text and tables, light and dark.
pub const BASICS: &str = include_str!("style/basics.css");

/// States, cards, lists of tasks and forms, on top of [`BASICS`].
pub const COMPONENTS: &str = include_str!("style/components.css");
