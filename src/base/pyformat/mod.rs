//! Python's `str.format`, over values.
//!
//! A template is text with fields in braces: a name, then `[index]` steps into mappings, lists and
//! texts, then a conversion after `!`, then a format spec after `:`, which may contain fields in turn.
//! Literal braces are doubled. There are no positional fields, since no arguments are given by
//! position, and no attributes, since values have none.

mod number;
mod parse;
mod repeat;
mod spec;
mod template;
mod value;

pub use repeat::Repeated;
pub use template::{FormatError, Scope, format, substitute, substitute_fields};
