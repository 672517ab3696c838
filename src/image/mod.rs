//! Docker images on this machine: builds them, loads them into docker, and runs tasks in them.
//!
//! - [`context`]: the tasks of a project's images, and the digest of one.
//! - [`load`]: downloads the image that a task has built, and loads it into docker.
//! - [`container`]: runs a task in a container.
//! - [`build`]: builds an image with the image builder, itself a task in a container; a parent that
//!   no task has built yet is built first.
//! - [`load_task`]: runs any task of docker-worker, once its image is loaded or built.
//!
//! Docker itself is behind [`crate::ports::docker`]; [`docker_program`] runs the real one.

mod archive;
pub mod build;
mod command_words;
pub mod container;
pub mod context;
pub mod docker_program;
pub mod load;
pub mod load_task;
