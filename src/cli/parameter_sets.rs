//! Graphs for several sets of parameters, generated in parallel and reported in order.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::args::ShowArgs;
use super::context::CommandContext;
use super::graph::{Phase, generate};
use super::graph_document::GraphDocument;
use super::output::Output;
use super::parameters::ParameterSpec;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::Object;
use crate::ports::output_path::{OutputFile, OutputPaths, cannot_write};

/// The graphs that a command shows.
pub struct ParameterSets<'a> {
    /// The flags.
    pub args: &'a ShowArgs,
    /// The phase after which graphs are shown.
    pub phase: Phase,
    /// The sets of parameters.
    pub specs: &'a [ParameterSpec],
    /// The parameters that flags override in each set.
    pub overrides: &'a Object,
    /// Where documents are written.
    pub output: &'a Output,
}

impl ParameterSets<'_> {
    /// Limits the threads that work on a graph to `--max-workers`.
    pub fn limit_threads(&self) {
        if let Some(number) = self.args.max_workers {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(number.get());
            // An existing pool stays as it is.
            let _ = pool.build_global();
        }
    }

    /// Generates the graph of each set; results are in the order of the sets.
    pub fn generate(&self, context: &CommandContext) -> Vec<Outcome<GraphDocument>> {
        let processors = std::thread::available_parallelism().ok();
        let workers = self.args.max_workers.or(processors);
        let workers = workers.map_or(1, NonZeroUsize::get).min(self.specs.len());
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        // These are not rayon's threads: one that waits for a graph must not start another.
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(spec) = self.specs.get(index) else {
                    return;
                };
                let document = context.block_on(self.generate_one(spec, context));
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((index, document));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(work);
            }
            work();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, document)| document).collect()
    }

    async fn generate_one(
        &self,
        spec: &ParameterSpec,
        context: &CommandContext,
    ) -> Outcome<GraphDocument> {
        let params = spec.load(context, self.overrides).await?;
        let (id, name) = (params.id(), spec.name());
        tracing::info!("Using Parameters(id={id}) (from {name})");
        let save = |phase: Phase, document: &GraphDocument| {
            let several = self.specs.len() > 1;
            self.save(phase, document, &name, several, &context.output_paths())
        };
        generate(self.args, self.phase, context, &params, &save).await
    }

    /// Writes the document of a phase to the folder that the flags name.
    fn save(
        &self,
        phase: Phase,
        document: &GraphDocument,
        spec: &str,
        several: bool,
        paths: &OutputPaths<'_>,
    ) -> Outcome<()> {
        let Some(folder) = &self.args.save_phases else {
            return Ok(());
        };
        let extension = match (self.args.json, self.args.yaml) {
            (true, _) => "json",
            (_, true) => "yml",
            _ => "txt",
        };
        let file = folder.join(format!("{}.{extension}", phase.command()));
        let file = paths.file(&file_of_set(&file, spec, several))?;
        if let Some(folder) = file.path().parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| cannot_write(file.display_path(), error))?;
        }
        self.output
            .write_to(Some(&file), |out| document.write(out))?;
        Ok(())
    }

    /// The output file of each set, if the flags name one.
    ///
    /// # Errors
    /// When two sets would share a file, in the folder of phases too, or a file is not writable.
    pub fn output_files(
        &self,
        context: &CommandContext,
    ) -> Result<Vec<Option<OutputFile>>, Diagnostic> {
        if let Some(folder) = &self.args.save_phases {
            self.files_of_sets(&folder.join(self.phase.command()))?;
        }
        let Some(file) = &self.args.output_file else {
            return Ok(self.specs.iter().map(|_| None).collect());
        };
        let paths = context.output_paths();
        let files = self.files_of_sets(file)?;
        let checked = files.iter().map(|file| paths.file(file).map(Some));
        checked.collect()
    }

    /// The file of each set.
    fn files_of_sets(&self, path: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
        let several = self.specs.len() > 1;
        let mut files = Vec::new();
        for spec in self.specs {
            let file = file_of_set(path, &spec.name(), several);
            if files.contains(&file) {
                let file = file.display();
                return Err(Diagnostic::usage(format!(
                    "the graphs of two sets of parameters would be written to {file}"
                ))
                .help("give the parameter files different names"));
            }
            files.push(file);
        }
        Ok(files)
    }
}

/// The output file of a set of parameters.
fn file_of_set(path: &Path, spec: &str, several: bool) -> PathBuf {
    let text = path.to_string_lossy();
    if text.contains("{params}") {
        return PathBuf::from(text.replace("{params}", spec));
    }
    if !several {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("_{spec}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Merges the diagnostics of several of `all` sets: each appears once, with the names of the sets that
/// have it unless all do.
#[must_use]
pub fn merge_diagnostics(failed: Vec<(String, Diagnostics)>, all: usize) -> Diagnostics {
    let mut known: Vec<(Diagnostic, Vec<String>)> = Vec::new();
    for (name, diagnostics) in failed {
        for diagnostic in diagnostics.iter() {
            match known.iter_mut().find(|(other, _)| other == diagnostic) {
                Some((_, names)) => names.push(name.clone()),
                None => known.push((diagnostic.clone(), vec![name.clone()])),
            }
        }
    }
    let mut merged = Diagnostics::new();
    for (mut diagnostic, names) in known {
        // Diagnostics about parameters name their source themselves.
        if names.len() < all && !diagnostic.message.starts_with("parameters: ") {
            let names = names.join(", ");
            diagnostic.message = format!("{} (with parameters from {names})", diagnostic.message);
        }
        merged.push(diagnostic);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_of_all_sets_appear_once() {
        let both = || Diagnostic::user("everywhere");
        let mut first = Diagnostics::from(both());
        first.push(Diagnostic::user("here"));
        let failed = vec![
            ("a".to_owned(), first),
            ("b".to_owned(), Diagnostics::from(both())),
        ];
        let text = merge_diagnostics(failed, 2).to_string();
        assert_eq!(text, "everywhere\nhere (with parameters from a)");
    }

    #[test]
    fn files_are_named_by_parameters() {
        let named = |path: &str, several| {
            let file = file_of_set(Path::new(path), "try", several);
            file.display().to_string()
        };
        assert_eq!(named("out/x.json", false), "out/x.json");
        assert_eq!(named("out/x.json", true), "out/x_try.json");
        assert_eq!(named("out/x", true), "out/x_try");
        assert_eq!(named("{params}.json", true), "try.json");
    }
}
