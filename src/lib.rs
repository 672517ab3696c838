//! snowman: a Taskcluster decision task in one native binary.

pub mod actions;
pub mod base;
pub mod cli;
pub mod config;
pub mod custom;
pub mod decision;
pub mod generate;
pub mod image;
pub mod kind;
pub mod model;
pub mod morph;
pub mod optimize;
pub mod ports;
pub mod python;
pub mod rehearse;
pub mod sandbox;
pub mod submit;
pub mod target;
pub mod task_scripts;
pub mod taskcluster;
pub mod transform;
pub mod transforms;
pub mod vcs;
pub mod verify;
