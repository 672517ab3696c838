//! snowman: a Taskcluster decision task in a single native binary.
//!
//! Use the program, not this library: the library is public only for the tests, and its interface may
//! change with every version. `README.md` describes what snowman does, and `docs/architecture.md` how
//! it is built.
//!
//! # Rooms
//!
//! Each module is a *room* with a rank, and imports only from rooms of lower rank. `tests/layering`
//! checks this.
//!
//! | Rank | Room | Contents |
//! | --- | --- | --- |
//! | 0 | [`base`] | labels and taskIds, values, patterns, time, graphs, diagnostics |
//! | 1 | [`ports`] | access to the outside: clock, environment, files, version control, Taskcluster |
//! | 2 | [`config`] | YAML, schemas, keyed-by values, `config.yml`, parameters |
//! | 3 | [`model`] | tasks, graphs by label and by taskId, references |
//! | 3 | [`task_scripts`] | the scripts `run-task` and `fetch-content` |
//! | 4 | [`kind`] | `kind.yml`, loaders |
//! | 4 | [`custom`] | a project's Python code, as the phases use it |
//! | 4 | [`release`] | the release systems: what their workers accept |
//! | 4 | [`transform`] | the contract of transforms |
//! | 5 | [`transforms`] | the table of transforms, with `run.using` and payloads |
//! | 5 | [`verify`] | the table of verifications |
//! | 6 | [`generate`] | full task set and full task graph |
//! | 7 | [`target`] | target task set and target task graph |
//! | 8 | [`optimize`] | optimized task graph |
//! | 9 | [`morph`] | morphed task graph |
//! | 10 | [`submit`] | creates each task exactly once |
//! | 11 | [`decision`] | runs the phases and writes the artifacts |
//! | 12 | [`actions`] | actions, release promotion |
//! | 13 | [`explain`] | says why a task is in a graph or not |
//! | 13 | [`rehearse`] | rehearses a release on the sandbox |
//! | 13 | [`image`] | docker images |
//! | 13 | [`try_push`] | pushes to try: staging releases, tasks of release workers |
//! | 14 | [`cli`] | the command line |
//! | | [`vcs`], [`taskcluster`], [`python`] | implementations of ports |
//! | | [`sandbox`] | an embedded Taskcluster |
//! | | [`overview`] | a release as a whole, from its task groups: data, text, JSON and a page |
//! | | [`stage`] | what the systems of a release do when they are staged |
//!
//! # Where to start
//!
//! - [`decision::Phases`] runs the phases one after another. Each is a function from one named type to
//!   the next, in the room of the same name.
//! - [`model::task`] and [`base::value`] define the data that flows through them.
//! - [`base::diagnostic`] defines the errors and warnings.
//! - The program starts in [`cli::main`], which creates the [`ports`] and passes them on.
//!
//! `docs/architecture.md` follows a label, `existing_tasks` and a taskId through the source files.

pub mod actions;
pub mod base;
pub mod cli;
pub mod config;
pub mod custom;
pub mod decision;
pub mod explain;
pub mod generate;
pub mod image;
pub mod kind;
pub mod model;
pub mod morph;
pub mod optimize;
pub mod overview;
pub mod ports;
pub mod python;
pub mod rehearse;
pub mod release;
pub mod sandbox;
pub mod stage;
pub mod submit;
pub mod target;
pub mod task_scripts;
pub mod taskcluster;
pub mod transform;
pub mod transforms;
pub mod try_push;
pub mod vcs;
pub mod verify;
