//! Tasks that change what the update server offers, and their defects.

mod given;
mod locale;
mod release;
mod schedule;
mod toplevel;
