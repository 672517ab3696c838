//! The command `snowman`.

fn main() {}
