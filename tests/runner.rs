//! Tests that run the program, or a part of it beside processes and services.

#[cfg(unix)]
mod common;

mod actions;
mod bad_input;
mod commands;
mod container;
mod decision_image;
mod diagnostics;
mod faults;
mod python;
mod reasons;
mod rehearse;
#[cfg(unix)]
mod staging;
mod tables;
