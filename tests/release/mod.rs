//! The table of release systems beside the workers themselves.

mod recognized;
mod shapes;
