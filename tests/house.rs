//! Tests of the sources and the documentation: their order, and that nothing is out of date.

#[cfg(unix)]
mod ci;
mod layering;
mod pages;
mod reference;
mod test_files;
mod versions;
